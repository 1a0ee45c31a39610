// Makes a number of orders, one every `gap`. Put your input in its place.
//
// Events:  NewOrder out. Order: as made. Time: from 0 on, by `gap`, so that two runs make the same bytes.
// Memory:  none. Cost: one event a step.
#include <array>

#include "tickweir/market.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = integer,
           .name = "count",
           .default_text = "1000",
           .minimum = "0",
           .maximum = "1000000000",
           .unit = "events",
           .help = "How many orders to make."},
    Option{.type = duration,
           .name = "gap",
           .default_text = "1us",
           .minimum = "0ns",
           .maximum = "1h",
           .help = "Event time between two orders."},
};
enum OutputIndex : std::uint32_t { orders };
constexpr std::array outputs{Output{.name = "orders", .events = "NewOrder", .help = "The orders."}};

class PluginName final : public Source {
 public:
  explicit PluginName(const Context& context)
      : count_(static_cast<std::uint64_t>(context.options.integer("count"))),
        gap_(static_cast<std::uint64_t>(context.options.duration("gap"))),
        source_(context.source_number()) {}

  PollResult poll(Emitter& out, Idle&) {
    while (made_ < count_ && out.room(orders) > 0) {
      ++made_;
      out.emit(orders, made_ * gap_, make_origin(source_, made_),
               market::NewOrder{.order_id = made_,
                                .price = 100 + static_cast<std::int64_t>(made_ % 10),
                                .quantity = 1,
                                .instrument = 1,
                                .side = made_ % 2 == 0 ? market::Side::Buy : market::Side::Sell});
    }
    return made_ < count_ ? PollResult::more : PollResult::finished;
  }

 private:
  std::uint64_t count_;
  std::uint64_t gap_;
  std::uint32_t source_;
  std::uint64_t made_ = 0;
};

}  // namespace

TICKWEIR_PLUGIN(
    "plugin_name", PluginName,
    {.version = "0.1.0", .summary = "Makes a number of orders.", .options = options, .outputs = outputs})
