// Passes everything, and when it is shown what once passed, waits until a file is there: for tests of a start
// that takes its time.
#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = text, .name = "gate", .help = "The file."},
};

class Recovers final : public Filter {
 public:
  explicit Recovers(const Context& context) : host_(context.host()), gate_(context.options.text("gate")) {}

  void apply(Batch&) {}
  void recover(const BatchView&) {
    host_.log(LogLevel::info, "recovers now");
    while (!std::filesystem::exists(gate_)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  Context::Host host_;
  std::string gate_;
};

}  // namespace

TICKWEIR_PLUGIN("filter_recovers", Recovers,
                {.version = "1.0.0", .summary = "Recovers when it may.", .accepts = "*", .options = options})
