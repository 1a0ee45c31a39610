// Turns what a book tells into events on the outputs that somebody listens to.
//
// In a sharded stage each event has its place (plugin.h, tickweir_transform). Its rank is what several shards
// tell of one event in the order in which one book would: what expires, by instrument; what the request
// itself gives, by instrument; the sum of a mass cancel.
//
// Threading: the stage's thread. Memory: none. Errors: a place that falls is a bug of the book, and asserted.
#pragma once

#include <array>
#include <cstdint>

#include "tickweir/batch.h"
#include "tickweir/market.h"

namespace tickweir::book {

// In the order of the descriptor's table.
enum OutputIndex : std::uint32_t { reports, executions, trades, levels, top, auctions, orders };
constexpr std::size_t output_count = 7;

class Announcer {
 public:
  Announcer(std::int64_t level_width, bool has_places) : level_width_(level_width), has_places_(has_places) {}

  void begin_batch(const BatchView& batch, Emitter& out) {
    batch_ = &batch;
    out_ = &out;
    for (std::uint32_t i = 0; i < connected_.size(); ++i) connected_[i] = out.connected(i);
    last_places_ = {};
  }
  // What it makes expire comes next, then what it asks for.
  void begin_event(const Event& event) {
    time_ = event.time, origin_ = event.origin;
    if (has_places_) [[unlikely]]
      place_ = tickweir::place_of(*batch_, event, 0);
  }
  void begin_request() { place_ |= of_request; }

  [[nodiscard]] bool wants_reports() const { return connected_[reports]; }
  [[nodiscard]] bool wants_executions() const {
    return connected_[reports] || connected_[executions] || connected_[trades];
  }
  [[nodiscard]] bool wants_levels() const { return connected_[levels]; }
  [[nodiscard]] std::int64_t level_width() const { return level_width_; }
  [[nodiscard]] bool wants_top() const { return connected_[top]; }
  [[nodiscard]] bool wants_auctions() const { return connected_[auctions]; }
  [[nodiscard]] bool wants_orders() const { return connected_[orders]; }

  [[gnu::always_inline]] void report(const auto& value) { emit(reports, value); }
  void report(const market::MassCancelled& value) {
    place_ += of_sum - of_request;
    emit(reports, value, 0);
  }
  [[gnu::always_inline]] void execution(const market::Executed& value, bool printable) {
    emit(reports, value);
    emit(executions, value);
    if (printable && connected_[trades]) {
      emit(trades, market::Trade{.match_id = value.match_id,
                                 .price = value.price,
                                 .quantity = value.quantity,
                                 .instrument = value.instrument,
                                 .side = value.taker_side});
    }
  }
  void trade(const market::Trade& value) { emit(trades, value); }
  // Stages behind every output shall see time go on, when all that it brings is told.
  void tick(const Event& event) {
    place_ += of_sum - of_request;
    for (std::uint32_t i = 0; i < connected_.size(); ++i) {
      if (has_places_) [[unlikely]]
        go_to(i, 0);
      out_->forward(i, event);
    }
  }
  void level_changed(const market::LevelChanged& value) { emit(levels, value); }
  void top_changed(const market::TopOfBook& value) { emit(top, value); }
  void auction(const market::AuctionPrice& value) { emit(auctions, value); }
  void order_changed(const market::OrderChanged& value) { emit(orders, value); }
  void snapshot(const auto& value) { emit(orders, value); }

 private:
  // Bits of the rank: the phase, then the instrument.
  static constexpr std::uint32_t instrument_mask = 0xff'ffff;
  static constexpr std::uint64_t of_request = std::uint64_t{1} << 24;
  static constexpr std::uint64_t of_sum = std::uint64_t{2} << 24;

  // In line, so that an event is made where it goes.
  [[gnu::always_inline]] void emit(std::uint32_t output, const auto& value) {
    emit(output, value, value.instrument);
  }
  [[gnu::always_inline]] void emit(std::uint32_t output, const auto& value, std::uint32_t instrument) {
    if (has_places_) [[unlikely]]
      go_to(output, instrument);
    out_->emit(output, time_, origin_, value);
  }
  // An event is emitted next. A request that names a larger instrument is refused, and gives nothing else.
  [[gnu::noinline]] void go_to(std::uint32_t output, std::uint32_t instrument) {
    const std::uint64_t place = place_ | (instrument & instrument_mask);
    TICKWEIR_ASSERT(place >= last_places_[output]);
    last_places_[output] = place;
    out_->set_place(place);
  }

  std::int64_t level_width_;
  bool has_places_;
  const BatchView* batch_ = nullptr;
  Emitter* out_ = nullptr;
  std::uint64_t time_ = 0;
  std::uint64_t origin_ = 0;
  std::uint64_t place_ = 0;  // of what comes next, without the instrument; without places of no use
  std::array<bool, output_count> connected_{};
  std::array<std::uint64_t, output_count> last_places_{};
};

}  // namespace tickweir::book
