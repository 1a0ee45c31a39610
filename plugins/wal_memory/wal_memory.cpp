// A log that is gone when the process ends: for tests, and to see what durability costs.
//
// Events: any. Order: as appended. Time: none used. Memory: all events, up to `capacity`.
#include <array>

#include "memory_log.h"
#include "tickweir/log_folder.h"
#include "tickweir/stage.h"

namespace {
using namespace tickweir;

constexpr std::array options{
    Option{.type = size,
           .name = "capacity",
           .default_text = "256MiB",
           .minimum = "1KiB",
           .maximum = "1TiB",
           .help = "Bytes of events it takes; then it is full."},
};

class WalMemory final : public WalBackend {
 public:
  explicit WalMemory(const Context& context)
      : log_(static_cast<std::uint64_t>(context.options.size("capacity"))) {}

  void open(const LogRequest& request, LogState& state) {
    if (request.is_read_only != 0)
      throw std::runtime_error("a log in memory is always new: there is nothing to read");
    schema_ = request.schema == nullptr ? "" : request.schema;
    id_ = new_log_id(request);
    tell(state, "");
  }
  void append(std::span<const tickweir_span> spans, std::uint64_t first_sequence, std::uint32_t event_count) {
    log_.append(spans, first_sequence, event_count);
  }
  void sync() {}
  bool read(std::uint64_t sequence, tickweir_batch& room) { return log_.read(sequence, room); }
  void truncate_before(std::uint64_t sequence) { log_.truncate_before(sequence); }
  void describe(LogState& state) { tell(state, "in memory, not durable"); }

 private:
  void tell(LogState& state, const char* note) const {
    state.first_sequence = log_.first_sequence();
    state.last_sequence = log_.last_sequence();
    state.bytes = log_.bytes();
    std::memcpy(state.id, id_.data(), sizeof state.id);
    state.schema = schema_.c_str();
    state.note = note;
  }

  wal_memory::MemoryLog log_;
  std::string schema_;
  std::array<std::uint8_t, 16> id_{};
};

}  // namespace

TICKWEIR_PLUGIN("wal_memory", WalMemory,
                {.version = "1.0.0",
                 .summary = "Keeps a log in memory, for tests: nothing survives the process.",
                 .accepts = "*",
                 .options = options})
