// Logs put together from parts of others, and blocks made up with good checksums.
#include "segment_drive.h"

namespace tickweir::wal_segment {
namespace {

std::unique_ptr<FaultyFiles> some_log(std::uint64_t history, const FaultyFiles* start, std::uint64_t last) {
  auto files = start == nullptr ? std::make_unique<FaultyFiles>() : start->copy();
  Drive drive(*files);
  drive.open();
  while (drive.log().last_sequence() < last) {
    drive.append(10, history);
    drive.sync();
  }
  return files;
}

std::string segment(std::uint64_t number) {
  return std::string(folder) + "/" + segment_name(number);
}

// What opening and reading says; "" when it goes well.
std::string refusal(FaultyFiles& files, std::uint64_t last, bool is_read_only = true) {
  try {
    Drive drive(files);
    drive.open(is_read_only);
    return drive.check(last).empty() ? "" : "(accepted, with other events)";
  } catch (const std::runtime_error& refused) {
    return refused.what();
  }
}

bool is_refused(FaultyFiles& files, std::uint64_t last) {
  const std::string said = refusal(files, last);
  return !said.empty() && said.front() != '(';
}

void expect_refusal(FaultyFiles& files, std::uint64_t last, const std::string& part, Findings& findings) {
  const std::string said = refusal(files, last);
  findings.expect(said.find(part) != std::string::npos, "expected \"" + part + "\", found \"" + said + "\"");
  const auto again = files.copy();
  const std::string at_start = refusal(*again, last, false);
  findings.expect(at_start.find(part) != std::string::npos, "a start, likewise: \"" + at_start + "\"");
  ++findings.states;
}

// The place behind the last block of a segment, by walking it.
struct End {
  SegmentHeader header;
  Position position;
};
End end_of(FaultyFiles& files, const std::string& path) {
  HeaderPage page;
  std::copy_n(files.contents(path).begin(), page.size(), page.begin());
  std::string problem;
  End end{decode(page, files.contents(path).size(), problem), {}};
  SegmentReader reader;
  reader.open(Files(files.raw()).open(path, TICKWEIR_FILE_READ), end.header, end.header.segment_bytes);
  while (reader.next().what == Step::events) {
  }
  end.position = reader.position();
  return end;
}

void put(FaultyFiles& files, const std::string& path, std::uint64_t offset,
         std::span<const tickweir_span> spans) {
  for (const tickweir_span& span : spans) {
    std::copy_n(span.data, span.bytes, files.contents(path).begin() + static_cast<std::ptrdiff_t>(offset));
    offset += span.bytes;
  }
}

// Appends a whole block with good checksums that begins with any sequence; `lie` may change its header.
template <typename Lie>
void forge(FaultyFiles& files, const std::string& path, std::uint64_t first_sequence, std::uint64_t synced,
           Lie&& lie) {
  const End end = end_of(files, path);
  const std::vector<std::uint8_t> events = events_from(first_sequence, 5);
  BlockHeader header{.kind = block_events,
                     .payload_bytes = static_cast<std::uint32_t>(events.size()),
                     .event_count = 5,
                     .first_sequence = first_sequence,
                     .synced_sequence = synced};
  lie(header);
  header.chain = crc32c(events.data(), events.size(), chain_header(header, end.position.chain));
  header.check = block_check({end.header.log_id, end.header.number, end.position.offset}, header);
  const tickweir_span spans[2]{{reinterpret_cast<const std::uint8_t*>(&header), sizeof header},
                               {events.data(), events.size()}};
  put(files, path, end.position.offset, spans);
}

}  // namespace

// W13
Findings spliced_logs() {
  Findings findings;
  const auto start = some_log(0, nullptr, 150);
  const auto ours = some_log(0, start.get(), 400);
  const auto other_end = some_log(1, start.get(), 400);  // the same log, gone on otherwise
  const auto stranger = some_log(0, nullptr, 400);
  const std::uint64_t count = ours->paths().size() - 1;  // without the lock
  findings.expect(count >= 4, "too few segments to splice");
  for (std::uint64_t number = 1; number <= count; ++number) {
    auto spliced = ours->copy();
    spliced->contents(segment(number)) = stranger->contents(segment(number));
    expect_refusal(*spliced, 400, "another log", findings);
    spliced = ours->copy();
    spliced->contents(segment(number)) = other_end->contents(segment(number));
    if (spliced->contents(segment(number)) != ours->contents(segment(number))) {
      findings.expect(is_refused(*spliced, 400),
                      "segment " + std::to_string(number) + " of a diverged log was accepted");
    }
    spliced = ours->copy();
    spliced->uproot(segment(number));
    if (number > 1) expect_refusal(*spliced, 400, "missing", findings);
    spliced->plant(segment(number), ours->contents(segment(number % count + 1)));
    expect_refusal(*spliced, 400, "the header is that of segment", findings);
  }
  // Block by block, from the diverged log: same places, same sequences, same id.
  for (std::uint64_t number = 1; number <= count; ++number) {
    const End end = end_of(*ours, segment(number));
    for (std::uint64_t at = end.header.data_offset; at < end.position.offset;) {
      BlockHeader header;
      std::memcpy(&header, ours->contents(segment(number)).data() + at, sizeof header);
      const std::uint64_t bytes = sizeof header + header.payload_bytes;
      auto spliced = ours->copy();
      const tickweir_span theirs{other_end->contents(segment(number)).data() + at, bytes};
      put(*spliced, segment(number), at, {&theirs, 1});
      const bool is_last = number == count && at + bytes >= end.position.offset;
      if (spliced->contents(segment(number)) != ours->contents(segment(number)) && !is_last) {
        findings.expect(is_refused(*spliced, 400), "a block of a diverged log was accepted");
        ++findings.states;
      }
      at += bytes;
    }
  }
  return findings;
}

// W12, W14, W15, and the header
Findings made_up_blocks() {
  Findings findings;
  const auto log = some_log(0, nullptr, 200);
  std::string last = segment(1);
  for (const std::string& path : log->paths()) last = path.ends_with(".segment") ? path : last;
  const auto honest = [](BlockHeader&) {};

  for (const std::uint64_t wrong : {150U, 200U, 202U, 300U}) {  // 201 would be right
    const auto forged = log->copy();
    forge(*forged, last, wrong, 200, honest);
    expect_refusal(*forged, 200, "a block begins with sequence " + std::to_string(wrong), findings);
    const auto unvouched = log->copy();
    forge(*unvouched, last, wrong, 0, honest);
    expect_refusal(*unvouched, 200, "a block begins with sequence", findings);
  }
  const auto good = log->copy();
  forge(*good, last, 201, 200, honest);
  findings.expect(refusal(*good, 205).empty(), "a block that is right is refused");

  const auto miscounted = log->copy();
  forge(*miscounted, last, 201, 200, [](BlockHeader& header) { header.event_count = 6; });
  expect_refusal(*miscounted, 200, "there are 5 events, expected 6", findings);

  for (const std::uint32_t absurd : {0xfffffff8U, 0x7ffffff8U, 12U * 1024U}) {
    const auto forged = log->copy();
    forge(*forged, last, 201, 200, [&](BlockHeader& header) { header.payload_bytes = absurd; });
    findings.expect(refusal(*forged, 200, false).empty(),
                    "a length of " + std::to_string(absurd) + " is believed");
    ++findings.states;
  }

  // Without a mark, each block but the last is vouched for by the one after it, also when it is all zeros.
  const End end = end_of(*log, last);
  for (std::uint64_t at = end.header.data_offset; at < end.position.offset;) {
    BlockHeader header;
    std::memcpy(&header, log->contents(last).data() + at, sizeof header);
    const std::uint64_t bytes = sizeof header + header.payload_bytes;
    const auto holed = log->copy();
    const auto from = holed->contents(last).begin() + static_cast<std::ptrdiff_t>(at);
    std::fill(from, from + static_cast<std::ptrdiff_t>(bytes), std::uint8_t{0});
    at += bytes;
    if (at < end.position.offset) expect_refusal(*holed, 200, "says that this one was synced", findings);
  }

  // What lay in the place of the zeros once: blocks of another log, or of another segment, that vouch for
  // much.
  const auto stranger = some_log(7, nullptr, 1000);
  for (const std::string& theirs : {last, segment(2)}) {
    const auto dirty = log->copy();
    const std::uint64_t from = end_of(*log, last).position.offset;
    const std::vector<std::uint8_t>& old = (theirs == last ? *stranger : *log).contents(theirs);
    const tickweir_span rest{old.data() + from, old.size() - from};
    put(*dirty, last, from, {&rest, 1});
    findings.expect(refusal(*dirty, 200).empty(), "old bytes are taken for ours: " + refusal(*dirty, 200));
    ++findings.states;
  }

  auto newer = log->copy();
  SegmentHeader header = end_of(*log, last).header;
  header.version = 3;
  const HeaderPage page = encode(header);
  std::copy(page.begin(), page.end(), newer->contents(last).begin());
  expect_refusal(*newer, 200, "format version 3", findings);
  return findings;
}

// W11, W25, and what else lies in the folder
Findings owners_and_files() {
  Findings findings;
  const auto files = some_log(0, nullptr, 100);
  {
    Drive first(*files);
    first.open();
    try {
      Drive second(*files);
      second.open();
      findings.expect(false, "two owners");
    } catch (const std::runtime_error& refused) {
      findings.expect(std::string(refused.what()).find("in use") != std::string::npos, refused.what());
    }
  }
  // A torn end is copied, made zeros, and told.
  const std::string path = segment(1);
  const End end = end_of(*files, path);
  auto& bytes = files->contents(path);
  bytes[end.position.offset + 3] = 77;
  bytes[end.position.offset + 900] = 78;
  files->plant(std::string(folder) + "/000000000009.segment.new", {1, 2, 3});
  files->plant(std::string(folder) + "/notes.txt", {1});
  const std::vector<std::string> before = files->paths();
  findings.expect(
      refusal(*files, 100).empty() && files->paths() == before && bytes[end.position.offset + 3] == 77,
      "opening to read changed something");
  {
    Drive drive(*files);
    drive.open();
    findings.expect(drive.log().repaired().find("torn end of 904 bytes") != std::string::npos,
                    "told: " + drive.log().repaired());
  }
  const std::string copy = path + "." + std::to_string(end.position.offset) + ".torn";
  const std::vector<std::string> after = files->paths();
  findings.expect(std::count(after.begin(), after.end(), copy) == 1, "there is no copy of the torn end");
  findings.expect(after.size() == before.size(), "the unfinished segment is still there");
  if (std::count(after.begin(), after.end(), copy) == 1) {
    findings.expect(files->contents(copy).size() == 904 && files->contents(copy)[900] == 78, "another copy");
  }
  findings.expect(std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(end.position.offset), bytes.end(),
                              [](std::uint8_t byte) { return byte == 0; }),
                  "the torn end is still there");
  ++findings.states;
  return findings;
}

}  // namespace tickweir::wal_segment
