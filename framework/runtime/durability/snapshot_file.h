// A snapshot: what every stage of a pipeline remembered at one instant between two events, in one file.
//
// The bytes are described in framework/docs/snapshot_format.md: chunks, each with a CRC32C that starts from
// the one before, so that a file is whole or refused.
//
// Threading: one call after the other. Memory: the writer allocates nothing, so a forked child can write.
// Errors:    the writer keeps the first and says no more; the reader names the byte.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/result.h"
#include "tickweir/files.h"
#include "tickweir/plugin.h"

namespace tickweir {

// Where a log was: every event up to this one had been numbered, stored, synced and worked on.
struct LogPosition {
  std::string stage;
  std::string log_id;  // 32 hexadecimal digits
  std::uint64_t last_sequence = 0;
  std::uint64_t last_time = 0;  // of the event of that sequence
  bool operator==(const LogPosition&) const = default;
};

struct SavedStage {
  std::string id;
  std::string plugin;
  std::uint64_t bytes = 0;   // of its state
  std::uint64_t offset = 0;  // of its first chunk of state in the file
  std::uint32_t seed = 0;    // the CRC before that chunk
};

struct Snapshot {
  std::string path;
  std::uint64_t bytes = 0;
  std::vector<LogPosition> logs;
  std::vector<SavedStage> stages;
};

inline constexpr std::uint32_t snapshot_chunk_bytes = 256 * 1024;

class SnapshotWriter {
 public:
  // `file` is empty and outlives the writer.
  SnapshotWriter(const tickweir_files& files, std::int32_t file) : files_(files), file_(file) {}

  void begin();
  void add_log(const LogPosition& log);
  // Logs come first. What is written then is the state of this stage.
  void begin_stage(std::string_view id, std::string_view plugin);
  void write(const void* data, std::uint64_t bytes);
  // Syncs, too. True: everything is stored.
  [[nodiscard]] bool finish();

  // 0: all is well so far; otherwise the errno of the first failure.
  [[nodiscard]] std::int32_t failure() const { return failure_; }

 private:
  void add_names(std::uint32_t kind, const void* head, std::size_t head_bytes, std::string_view first,
                 std::string_view second);
  void end_state();
  void put_chunk(std::uint32_t kind, const void* payload, std::uint32_t bytes);
  void store(const void* data, std::uint64_t bytes);

  const tickweir_files& files_;
  const std::int32_t file_;
  std::uint64_t offset_ = 0;
  std::uint64_t chunks_ = 0;
  std::uint32_t crc_ = 0;
  std::int32_t failure_ = 0;
  std::uint32_t gathered_ = 0;
  std::array<std::uint8_t, snapshot_chunk_bytes> state_;  // of the stage, not stored yet
};

// Reads and checks the whole file.
[[nodiscard]] Result<Snapshot> read_snapshot(const Files& files, const std::string& path);

// The state of one stage as a stream. Checks it again while it is read.
class StateStream {
 public:
  StateStream(const Files& files, const Snapshot& snapshot, const SavedStage& stage);
  // False: the state ends before, or the file is not any more what it was.
  [[nodiscard]] bool read(void* room, std::uint64_t bytes);
  [[nodiscard]] bool is_at_end() const { return left_ == 0 && at_ == chunk_.size(); }

 private:
  bool next_chunk();

  File file_;
  std::uint64_t offset_;
  std::uint64_t left_;  // of the state, not read from the file yet
  std::uint32_t crc_;
  std::vector<std::uint8_t> chunk_;
  std::size_t at_ = 0;
};

}  // namespace tickweir
