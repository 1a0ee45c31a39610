#include "runtime/durability/snapshot_file.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "tickweir/planted_bug.h"

namespace tickweir {

namespace {

constexpr std::array<char, 8> magic{'T', 'W', 'S', 'N', 'A', 'P', '0', '1'};  // ends with the version
constexpr std::size_t version_digits = 2;
constexpr std::size_t names_max = 1024;     // bytes of the names in a chunk
constexpr std::size_t entries_max = 65536;  // logs and stages: a bound on memory, not a setting

enum ChunkKind : std::uint32_t { log_chunk = 1, stage_chunk = 2, state_chunk = 3, end_chunk = 4 };

struct ChunkHead {
  std::uint32_t kind = 0;
  std::uint32_t bytes = 0;  // of the payload; zeros follow it up to a multiple of 8
  std::uint32_t crc = 0;    // of kind, bytes and payload, starting from the chunk before
  std::uint32_t reserved = 0;
};
static_assert(sizeof(ChunkHead) == 16);

struct LogEntry {
  std::uint64_t last_sequence = 0;
  std::uint64_t last_time = 0;
};

// The version that a file with these first bytes has; 0: it is no snapshot.
std::uint32_t version_of(const std::array<char, magic.size()>& found) {
  constexpr std::size_t name_bytes = magic.size() - version_digits;
  if (!std::equal(found.begin(), found.begin() + name_bytes, magic.begin())) return 0;
  std::uint32_t version = 0;
  const auto parsed = std::from_chars(found.data() + name_bytes, found.data() + found.size(), version);
  return parsed.ptr == found.data() + found.size() ? version : 0;
}

std::uint32_t padded(std::uint32_t bytes) {
  return (bytes + 7) & ~std::uint32_t{7};
}

std::uint32_t crc_of(std::uint32_t before, const void* data, std::size_t bytes) {
  auto* at = static_cast<unsigned char*>(const_cast<void*>(data));  // it only reads
  return crc32_iscsi(at, static_cast<int>(bytes), before);
}

std::uint32_t chunk_crc(std::uint32_t before, const ChunkHead& head, const void* payload) {
  if (TICKWEIR_BUG("chunks not chained")) before = 0;
  return crc_of(crc_of(~before, &head, 8), payload, head.bytes);
}

}  // namespace

// ---- Writing ------------------------------------------------------------------------------------------

void SnapshotWriter::store(const void* data, std::uint64_t bytes) {
  const auto* at = static_cast<const std::uint8_t*>(data);
  while (bytes > 0 && failure_ == 0) {
    const tickweir_span span{at, bytes};
    std::int64_t done = files_.write(files_.state, file_, &span, 1, offset_);
    if (done < 0) {
      failure_ = static_cast<std::int32_t>(-done);
      return;
    }
    if (TICKWEIR_BUG("short write passed over")) done = static_cast<std::int64_t>(bytes);
    at += done;
    bytes -= static_cast<std::uint64_t>(done);
    offset_ += static_cast<std::uint64_t>(done);
  }
}

void SnapshotWriter::put_chunk(std::uint32_t kind, const void* payload, std::uint32_t bytes) {
  static constexpr std::array<std::uint8_t, 8> zeros{};
  ChunkHead head{.kind = kind, .bytes = bytes};
  head.crc = crc_ = chunk_crc(crc_, head, payload);
  store(&head, sizeof head);
  store(payload, bytes);
  store(zeros.data(), padded(bytes) - bytes);
  ++chunks_;
}

void SnapshotWriter::begin() {
  store(magic.data(), magic.size());
}

void SnapshotWriter::add_names(std::uint32_t kind, const void* head, std::size_t head_bytes,
                               std::string_view first, std::string_view second) {
  std::array<std::uint8_t, names_max> payload;
  const std::size_t bytes = head_bytes + first.size() + 1 + second.size() + 1;
  if (bytes > payload.size()) {
    failure_ = ENAMETOOLONG;
    return;
  }
  auto at = std::copy_n(static_cast<const std::uint8_t*>(head), head_bytes, payload.begin());
  at = std::copy(first.begin(), first.end(), at);
  *at++ = 0;
  at = std::copy(second.begin(), second.end(), at);
  *at++ = 0;
  put_chunk(kind, payload.data(), static_cast<std::uint32_t>(bytes));
}

void SnapshotWriter::add_log(const LogPosition& log) {
  const LogEntry entry{.last_sequence = log.last_sequence, .last_time = log.last_time};
  add_names(log_chunk, &entry, sizeof entry, log.stage, log.log_id);
}

void SnapshotWriter::begin_stage(std::string_view id, std::string_view plugin) {
  end_state();
  add_names(stage_chunk, "", 0, id, plugin);
}

void SnapshotWriter::write(const void* data, std::uint64_t bytes) {
  const auto* at = static_cast<const std::uint8_t*>(data);
  while (bytes > 0 && failure_ == 0) {
    const std::uint64_t taken = std::min<std::uint64_t>(bytes, state_.size() - gathered_);
    std::memcpy(state_.data() + gathered_, at, taken);
    gathered_ += static_cast<std::uint32_t>(taken);
    at += taken;
    bytes -= taken;
    if (gathered_ == state_.size()) end_state();
  }
}

void SnapshotWriter::end_state() {
  if (gathered_ != 0) put_chunk(state_chunk, state_.data(), gathered_);
  gathered_ = 0;
}

bool SnapshotWriter::finish() {
  end_state();
  const std::uint64_t chunks = chunks_;
  put_chunk(end_chunk, &chunks, sizeof chunks);
  if (failure_ == 0 && !TICKWEIR_BUG("snapshot not synced")) failure_ = -files_.sync(files_.state, file_);
  return failure_ == 0;
}

// ---- Reading ------------------------------------------------------------------------------------------

namespace {

// Takes a file apart, chunk by chunk.
class SnapshotReader {
 public:
  SnapshotReader(File file, const std::string& path) : file_(std::move(file)), bytes_(file_.bytes()) {
    snapshot_.path = path;
    snapshot_.bytes = bytes_;
  }

  Result<Snapshot> operator()() {
    std::array<char, magic.size()> found{};
    const bool is_whole = file_.read(found.data(), found.size(), 0) == found.size();
    if (const std::uint32_t version = version_of(found); version > version_of(magic)) {
      return Error{snapshot_.path + " has format version " + std::to_string(version) +
                   ", this program reads up to " + std::to_string(version_of(magic)) +
                   "; use the tickweir that wrote it, or a newer one"};
    }
    if (!is_whole || found != magic) {
      return damage("it does not begin as a snapshot does");
    }
    at_ = magic.size();
    while (!is_ended_) {
      if (auto taken = take_chunk(); !taken) return taken.error();
    }
    if (at_ != bytes_ && !TICKWEIR_BUG("more behind the end"))
      return damage("there are bytes behind its end");
    return std::move(snapshot_);
  }

 private:
  [[nodiscard]] Error damage(const std::string& what) const {
    return Error{snapshot_.path + " is damaged at byte " + std::to_string(at_) + ": " + what};
  }

  Result<void> take_chunk() {
    ChunkHead head;
    if (file_.read(&head, sizeof head, at_) != sizeof head) return damage("it ends too early");
    if (head.bytes > snapshot_chunk_bytes || head.bytes + sizeof head > bytes_ - at_ || head.reserved != 0) {
      return damage("a chunk of " + std::to_string(head.bytes) + " bytes cannot be there");
    }
    payload_.resize(padded(head.bytes));
    if (file_.read(payload_.data(), payload_.size(), at_ + sizeof head) != payload_.size()) {
      return damage("it ends too early");
    }
    const std::uint32_t seed = crc_;
    crc_ = chunk_crc(crc_, head, payload_.data());
    const auto padding = payload_.begin() + head.bytes;
    if (crc_ != head.crc ||
        std::any_of(padding, payload_.end(), [](std::uint8_t byte) { return byte != 0; })) {
      return damage("its checksum is wrong");
    }
    payload_.resize(head.bytes);
    if (!use_chunk(head, seed))
      return damage("a chunk of kind " + std::to_string(head.kind) + " cannot be there");
    at_ += sizeof head + padded(head.bytes);
    ++chunks_;
    return {};
  }

  bool use_chunk(const ChunkHead& head, std::uint32_t seed) {
    switch (head.kind) {
      case log_chunk:
        return snapshot_.stages.empty() && use_log();
      case stage_chunk:
        return use_stage();
      case state_chunk:
        return use_state(seed);
      case end_chunk: {
        std::uint64_t chunks = 0;
        if (payload_.size() != sizeof chunks) return false;
        std::memcpy(&chunks, payload_.data(), sizeof chunks);
        is_ended_ = true;
        return chunks == chunks_;
      }
      default:
        return false;
    }
  }

  // Two texts, each ended by a zero, and nothing after them.
  bool take_names(std::size_t from, std::string& first, std::string& second) const {
    const auto begin = payload_.begin() + static_cast<std::ptrdiff_t>(from);
    const auto middle = std::find(begin, payload_.end(), 0);
    if (middle == payload_.end()) return false;
    const auto end = std::find(middle + 1, payload_.end(), 0);
    if (end == payload_.end() || end + 1 != payload_.end()) return false;
    first.assign(begin, middle);
    second.assign(middle + 1, end);
    return true;
  }

  bool use_log() {
    LogEntry entry;
    if (payload_.size() < sizeof entry || snapshot_.logs.size() == entries_max) return false;
    std::memcpy(&entry, payload_.data(), sizeof entry);
    LogPosition& log = snapshot_.logs.emplace_back();
    log.last_sequence = entry.last_sequence;
    log.last_time = entry.last_time;
    return take_names(sizeof entry, log.stage, log.log_id);
  }

  bool use_stage() {
    if (snapshot_.stages.size() == entries_max) return false;
    SavedStage& stage = snapshot_.stages.emplace_back();
    return take_names(0, stage.id, stage.plugin);
  }

  bool use_state(std::uint32_t seed) {
    if (snapshot_.stages.empty() || payload_.empty()) return false;
    SavedStage& stage = snapshot_.stages.back();
    if (stage.bytes == 0) {
      stage.offset = at_;
      stage.seed = seed;
    } else if (stage.bytes % snapshot_chunk_bytes != 0) {
      return false;  // only the last chunk of a state is shorter
    }
    stage.bytes += payload_.size();
    return true;
  }

  File file_;
  std::uint64_t bytes_;
  Snapshot snapshot_;
  std::uint64_t at_ = 0;
  std::uint64_t chunks_ = 0;
  std::uint32_t crc_ = 0;
  bool is_ended_ = false;
  std::vector<std::uint8_t> payload_;
};

}  // namespace

Result<Snapshot> read_snapshot(const Files& files, const std::string& path) {
  try {
    return SnapshotReader(files.open(path, TICKWEIR_FILE_READ), path)();
  } catch (const std::system_error& failed) {
    return Error{failed.what()};
  }
}

StateStream::StateStream(const Files& files, const Snapshot& snapshot, const SavedStage& stage)
    : file_(files.open(snapshot.path, TICKWEIR_FILE_READ)),
      offset_(stage.offset),
      left_(stage.bytes),
      crc_(stage.seed) {}

bool StateStream::next_chunk() {
  ChunkHead head;
  if (left_ == 0 || file_.read(&head, sizeof head, offset_) != sizeof head) return false;
  if (head.kind != state_chunk || head.bytes == 0 ||
      head.bytes > std::min<std::uint64_t>(left_, snapshot_chunk_bytes)) {
    return false;
  }
  chunk_.resize(head.bytes);
  if (file_.read(chunk_.data(), head.bytes, offset_ + sizeof head) != head.bytes) return false;
  crc_ = chunk_crc(crc_, head, chunk_.data());
  if (crc_ != head.crc) return false;
  offset_ += sizeof head + padded(head.bytes);
  left_ -= head.bytes;
  at_ = 0;
  return true;
}

bool StateStream::read(void* room, std::uint64_t bytes) {
  auto* to = static_cast<std::uint8_t*>(room);
  while (bytes > 0) {
    if (at_ == chunk_.size() && !next_chunk()) return false;
    const std::uint64_t taken = std::min<std::uint64_t>(bytes, chunk_.size() - at_);
    std::memcpy(to, chunk_.data() + at_, taken);
    at_ += taken;
    to += taken;
    bytes -= taken;
  }
  return true;
}

}  // namespace tickweir
