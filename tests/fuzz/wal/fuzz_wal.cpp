// Any bytes as the last segment of a log: refused with a cause, or a log that reads from end to end, takes an
// append and is found again. The first bytes say how much is made right: random bytes would not get behind
// the checksums.
#include <cstring>

#include "../../../plugins/wal_segment/segment_log.h"
#include "tickweir/testing_batches.h"
#include "tickweir/testing_files.h"

namespace {
using namespace tickweir;
using namespace tickweir::wal_segment;

// Walks the blocks and gives each the checksums it should have, as long as the lengths make sense.
void make_blocks_right(std::vector<std::uint8_t>& bytes, const SegmentHeader& header) {
  std::uint32_t chain = header.check;
  for (std::uint64_t at = header.data_offset; at + sizeof(BlockHeader) <= bytes.size();) {
    BlockHeader block;
    std::memcpy(&block, bytes.data() + at, sizeof block);
    const std::uint64_t room = bytes.size() - at - sizeof block;
    if (block.payload_bytes <= room) {
      block.chain = crc32c(bytes.data() + at + sizeof block, block.payload_bytes, chain_header(block, chain));
    }
    block.check = block_check({header.log_id, header.number, at}, block);
    std::memcpy(bytes.data() + at, &block, sizeof block);
    chain = block.chain;
    if (block.payload_bytes > room) return;
    at += sizeof block + (block.payload_bytes + 7U) / 8 * 8;
  }
}

void make_right(std::vector<std::uint8_t>& bytes, std::uint8_t how_much) {
  if (bytes.size() < page_bytes) return;
  SegmentHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if ((how_much & 1) != 0) {
    header.magic = segment_magic;
    header.version = (how_much & 4) != 0 ? format_version_reused : format_version;
    header.number = 1;
    header.segment_bytes = bytes.size();
    header.schema_bytes = 0;
    header.schema_check = crc32c("", 0);
    header.data_offset = schema_offset;
    SyncMark mark;
    std::memcpy(&mark, bytes.data() + mark_offset, sizeof mark);
    mark.check = mark_check(header.log_id, header.number, mark);
    std::memcpy(bytes.data() + mark_offset, &mark, sizeof mark);
    const HeaderPage page = encode(header);
    std::copy(page.begin(), page.end(), bytes.begin());
    std::memcpy(&header, page.data(), sizeof header);
  }
  if ((how_much & 2) != 0 && header.data_offset <= bytes.size()) make_blocks_right(bytes, header);
}

std::uint64_t read_to_the_end(SegmentLog& log) {
  std::uint64_t next = std::max<std::uint64_t>(log.first_sequence(), 1);
  for (;;) {
    testing::detail::OwnedBatch room(64, 4096);
    if (!log.read(next, room.raw())) return next;
    const auto events = room.events();  // checks the batch
    TICKWEIR_ASSERT(!events.empty());
    for (const auto& event : events) TICKWEIR_ASSERT(event.sequence() == next++);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t head_bytes = 1 + sizeof(SegmentHeader) + sizeof(SyncMark);
  if (size < head_bytes) return 0;
  std::vector<std::uint8_t> bytes(schema_offset);
  std::memcpy(bytes.data(), data + 1, sizeof(SegmentHeader));
  std::memcpy(bytes.data() + mark_offset, data + 1 + sizeof(SegmentHeader), sizeof(SyncMark));
  bytes.insert(bytes.end(), data + head_bytes, data + size);
  bytes.resize(whole_pages(bytes.size() + 200));
  make_right(bytes, data[0]);
  testing::FaultyFiles files;
  files.raw().make_folder(files.raw().state, "log");
  files.plant("log/" + segment_name(1), std::move(bytes));
  std::uint64_t last = 0;
  try {
    SegmentLog log(Files(files.raw()), "log", {.segment_bytes = 16 * 1024});
    log.open(false, "");
    last = log.last_sequence();
    read_to_the_end(log);
    if (last > UINT64_MAX - 2) return 0;
    Event event{.size = sizeof(Event), .type = 1, .sequence = last + 1};
    const tickweir_span span{reinterpret_cast<const std::uint8_t*>(&event), sizeof event};
    log.append({&span, 1}, last + 1, 1);
    log.stop();
  } catch (const std::runtime_error& refused) {
    TICKWEIR_ASSERT(*refused.what() != '\0');
    return 0;
  }
  SegmentLog again(Files(files.raw()), "log", {.segment_bytes = 16 * 1024});
  again.open(false, "");  // what took an append opens
  TICKWEIR_ASSERT(again.last_sequence() == last + 1);
  return 0;
}
