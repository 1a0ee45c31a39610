// Gathers executions into bundles by count and by event time.
//
//   before each event, of any type:   if (bundler.is_due(time)) send(bundler.close());
//   for each execution:               if (bundler.add(item, origin)) send(bundler.close());
//
// Threading: one thread. Memory: `events_max` items, in the constructor. What close() returns is good
//            until the next add().
// Time:      event time in ns. It may run backwards: an earlier event is just taken in.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tickweir/assert.h"
#include "tickweir/market.h"
#include "tickweir/planted_bug.h"
#include "tickweir/state.h"

namespace tickweir::bundle {

// The size of a whole event with a bundle of `count` items.
constexpr std::uint64_t bundle_bytes(std::uint64_t count) {
  return event_size<market::Bundle> + count * sizeof(market::BundleItem);
}

// Items that fit into an event of that size.
constexpr std::uint32_t items_in(std::uint32_t event_bytes) {
  if (event_bytes < event_size<market::Bundle>) return 0;
  return static_cast<std::uint32_t>((event_bytes - event_size<market::Bundle>) / sizeof(market::BundleItem));
}

// A trade's quantity has 64 bits, an item's 32.
constexpr bool fits_item(const market::Trade& trade) {
  return trade.quantity <= std::numeric_limits<std::uint32_t>::max();
}

inline market::BundleItem make_item(const market::Executed& executed, const Event& event) {
  return {.match_id = executed.match_id,
          .price = executed.price,
          .maker_order_id = executed.maker_order_id,
          .taker_order_id = executed.taker_order_id,
          .sequence = event.sequence,
          .time = event.time,
          .quantity = executed.quantity,
          .instrument = executed.instrument};
}
inline market::BundleItem make_item(const market::Trade& trade, const Event& event) {
  TICKWEIR_ASSERT(fits_item(trade));
  return {.match_id = trade.match_id,
          .price = trade.price,
          .maker_order_id = 0,
          .taker_order_id = 0,
          .sequence = event.sequence,
          .time = event.time,
          .quantity = static_cast<std::uint32_t>(trade.quantity),
          .instrument = trade.instrument};
}

struct ClosedBundle {
  market::Bundle head;
  std::span<const market::BundleItem> items;
  std::uint64_t origin = 0;  // of the last item
};

class Bundler {
 public:
  Bundler(std::uint32_t events_max, std::uint64_t delay_max) : delay_max_(delay_max), items_(events_max) {}

  // Items in the open bundle.
  [[nodiscard]] std::uint32_t count() const { return count_; }

  // True: the open bundle must be closed before an event of this time is looked at.
  [[nodiscard]] bool is_due(std::uint64_t time) const {
    if (count_ == 0) return false;
    const std::uint64_t since = items_[TICKWEIR_BUG("delay since the last item") ? count_ - 1 : 0].time;
    return time >= since && time - since >= delay_max_;
  }

  // True: the bundle is full and must be closed.
  [[nodiscard]] bool add(const market::BundleItem& item, std::uint64_t origin) {
    TICKWEIR_ASSERT(count_ < items_.size());
    items_[count_++] = item;
    quantity_ += item.quantity;
    origin_ = origin;
    return count_ == items_.size();
  }

  // Takes what is in the open bundle; there must be something. Its id is one above the last one's.
  ClosedBundle close() {
    TICKWEIR_ASSERT(count_ != 0);
    const ClosedBundle closed{.head = {.bundle_id = next_id_,
                                       .first_time = items_[0].time,
                                       .last_time = items_[count_ - 1].time,
                                       .quantity = quantity_,
                                       .count = count_},
                              .items = {items_.data(), count_},
                              .origin = origin_};
    ++next_id_;
    count_ = 0;
    quantity_ = 0;
    return closed;
  }

  // All of it: the open bundle and the next id. The limits must be the same where it is loaded.
  void save(StateWriter& out) const {
    out.put<std::uint64_t>(state_format);
    out.put<std::uint64_t>(items_.size());
    out.put(delay_max_);
    out.put(next_id_);
    out.put(origin_);
    const std::uint32_t count = TICKWEIR_BUG("open bundle not saved") ? 0 : count_;
    out.put_all(std::span<const market::BundleItem>(items_.data(), count));
  }
  void load(StateReader& in) {
    in.expect("format", state_format);
    in.expect("max_events", items_.size());
    in.expect("max_delay (in ns)", delay_max_);
    next_id_ = in.get<std::uint64_t>();
    if (TICKWEIR_BUG("bundle ids begin again")) next_id_ = 1;
    origin_ = in.get<std::uint64_t>();
    count_ = static_cast<std::uint32_t>(in.get_count(items_.size() - 1));  // a full one is closed at once
    quantity_ = 0;
    for (std::uint32_t i = 0; i < count_; ++i) {
      items_[i] = in.get<market::BundleItem>();
      quantity_ += items_[i].quantity;
    }
  }
  // The next id and the items of the open bundle, for people.
  void show(TextWriter& out) const {
    out.line("next bundle " + std::to_string(next_id_) + ": " + std::to_string(count_) + " of " +
             std::to_string(items_.size()) + " items, quantity " + std::to_string(quantity_));
    for (std::uint32_t i = 0; i < count_; ++i) {
      const market::BundleItem& item = items_[i];
      out.line("  match " + std::to_string(item.match_id) + ": " + std::to_string(item.quantity) + " at " +
               std::to_string(item.price) + ", instrument " + std::to_string(item.instrument));
    }
  }

 private:
  static constexpr std::uint64_t state_format = 1;

  std::uint64_t delay_max_;
  std::vector<market::BundleItem> items_;
  std::uint32_t count_ = 0;
  std::uint64_t quantity_ = 0;
  std::uint64_t origin_ = 0;
  std::uint64_t next_id_ = 1;
};

}  // namespace tickweir::bundle
