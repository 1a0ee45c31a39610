// A filter with a required option and a judgement of its own. It is looked at, never run.
#include <array>

#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{
        .type = integer, .name = "max_price", .minimum = "1", .help = "Orders above this price are refused."},
    Option{.type = real,
           .name = "slack",
           .default_text = "0.5",
           .minimum = "0",
           .maximum = "1",
           .help = "Share of the limit that is let through."},
    Option{.type = boolean, .name = "strict", .default_text = "false", .help = "No slack at all."},
    Option{.type = text_list, .name = "venues", .default_text = "[]", .help = "Only orders of these."},
};
constexpr std::array reasons{Reason{.name = "too_high", .help = "The price is above the limit."}};

class Limit final : public Filter {
 public:
  explicit Limit(const Context&) {}
  static void validate(const Options& given) {
    if (given.boolean("strict") && given.real("slack") > 0) {
      throw OptionError("slack", "must be 0 when strict is true");
    }
    if (given.integer("max_price") == 13) throw std::runtime_error("thirteen brings bad luck");
  }
  void apply(Batch&) {}
};

}  // namespace

TICKWEIR_PLUGIN("filter_limit", Limit,
                {.version = "1.0.0",
                 .summary = "A limit for tests.",
                 .accepts = "Order|Fill",
                 .options = options,
                 .reasons = reasons})
