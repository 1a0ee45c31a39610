// A log with a path. It is looked at, never run.
#include <array>
#include <span>

#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{Option{.type = text, .name = "path", .help = "Its folder."}};

class Disk final : public WalBackend {
 public:
  static constexpr bool appends_outlive_process = true;
  explicit Disk(const Context&) {}
  void open(const LogRequest&, LogState&) {}
  void append(std::span<const tickweir_span>, std::uint64_t, std::uint32_t) {}
  void sync() {}
  bool read(std::uint64_t, tickweir_batch&) { return false; }
  void truncate_before(std::uint64_t) {}
  void describe(LogState&) {}
};

}  // namespace

TICKWEIR_PLUGIN("wal_disk", Disk,
                {.version = "1.0.0", .summary = "A log for tests.", .accepts = "*", .options = options})
