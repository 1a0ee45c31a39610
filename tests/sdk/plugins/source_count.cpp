// Counts from 1 to `until`, one number every `gap` of the clock.
#include <array>

#include "number.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;
using tickweir::testing::Number;

constexpr std::array options{
    Option{.type = integer, .name = "until", .minimum = "0", .help = "The last number."},
    Option{.type = duration, .name = "gap", .default_text = "0ns", .help = "Between two numbers."},
    Option{.type = boolean,
           .name = "endless",
           .default_text = "false",
           .help = "Never say that it has finished."},
};
constexpr std::array outputs{Output{.name = "numbers", .events = "Number", .help = "The numbers."}};

class Count final : public Source {
 public:
  explicit Count(const Context& context)
      : until_(static_cast<std::uint64_t>(context.options.integer("until"))),
        gap_(static_cast<std::uint64_t>(context.options.duration("gap"))),
        endless_(context.options.boolean("endless")),
        source_(context.source_number()),
        host_(context.host()) {}

  PollResult poll(Emitter& out, Idle& idle) {
    while (next_ <= until_ && out.room() > 0) {
      const std::uint64_t due = next_ * gap_;
      if (due > host_.now()) {
        idle.wake_time = due;
        return PollResult::idle;
      }
      out.emit(0, due, make_origin(source_, next_), Number{next_});
      ++next_;
    }
    return next_ <= until_ || endless_ ? PollResult::more : PollResult::finished;
  }

 private:
  std::uint64_t until_;
  std::uint64_t gap_;
  bool endless_;
  std::uint32_t source_;
  Context::Host host_;
  std::uint64_t next_ = 1;
};

}  // namespace

TICKWEIR_PLUGIN("source_count", Count,
                {.version = "1.0.0", .summary = "Counts.", .options = options, .outputs = outputs})
