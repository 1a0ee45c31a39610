// Adds up numbers two by two. `fault` makes it break the contract, for the tests of the harness.
#include <array>

#include "number.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;
using tickweir::testing::Number;

constexpr std::array options{Option{.type = choice,
                                    .name = "fault",
                                    .default_text = "none",
                                    .choices = "none|keep|write|start",
                                    .help = "What to do wrong."}};
constexpr std::array outputs{Output{.name = "sums", .events = "Number", .help = "One for two numbers."},
                             Output{.name = "copies", .events = "*", .help = "Every event again."}};
constexpr std::array reasons{Reason{.name = "zero", .help = "Zeros are discarded."}};
enum class Fault { none, keep, write, start };

class Pair final : public Transform {
 public:
  explicit Pair(const Context& context)
      : fault_(context.options.choice<Fault>("fault")), zeros_(context.drop_counter(0)) {}

  void start() {
    if (fault_ == Fault::start) throw std::runtime_error("cannot open the sums");
  }
  void process(const BatchView& batch, Emitter& out) {
    if (fault_ == Fault::write) batch.raw().data[32] = 77;
    batch.for_each([&](const Event& event) {
      out.forward(1, event);
      if (event.type != Number::event_type) return;
      const std::uint64_t value = payload<Number>(event).value;
      if (value == 0) return zeros_.add();
      if (has_first_) out.emit(0, event.time, event.origin, Number{first_ + value});
      first_ = value;
      has_first_ = !has_first_;
    });
  }
  void drain(Emitter& out) {
    if (has_first_ && fault_ != Fault::keep) {
      out.emit(0, 0, 0, Number{first_});
      has_first_ = false;
    }
  }
  std::uint64_t held() const { return has_first_ ? 1 : 0; }

 private:
  Fault fault_;
  Counter zeros_;
  std::uint64_t first_ = 0;
  bool has_first_ = false;
};

}  // namespace

TICKWEIR_PLUGIN("transform_pair", Pair,
                {.version = "1.0.0",
                 .summary = "Adds up numbers two by two.",
                 .accepts = "Number",
                 .options = options,
                 .outputs = outputs,
                 .reasons = reasons})
