// A day of made-up ITCH 5.0 messages: a venue's feed whose book is never crossed, or plain orders for a
// book to match. Integers only, so that a seed gives the same bytes everywhere.
//
// Threading: one thread. Memory: grows with the live orders. Errors: none.
// Units:     a tick is a cent: 100 of ITCH's price units. Times in ns since midnight.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "itch_writer.h"
#include "sample_book.h"

namespace tickweir::itch {

class SampleRandom {  // splitmix64
 public:
  explicit SampleRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  // From 0 to `bound` - 1.
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
  }
  bool one_in(std::uint32_t bound) { return below(bound) == 0; }

 private:
  std::uint64_t state_;
};

struct SampleSettings {
  std::uint64_t messages = 1'000'000;
  std::uint32_t instruments = 100;  // stock locates 1 to this
  std::uint64_t seed = 1;
  bool plain_orders = false;  // A, D, X and U only, whose prices cross: about every fifth A or F trades
};

struct SampleCounts {
  std::array<std::uint64_t, 256> by_type{};
  std::uint64_t trading_adds = 0;  // plain orders: how many traded on entry
  [[nodiscard]] std::uint64_t operator[](char type) const {
    return by_type[static_cast<unsigned char>(type)];
  }
};

// `write(message, time)` is called for each message, `settings.messages` times.
template <typename Write>
class SampleFlow {
 public:
  SampleFlow(const SampleSettings& settings, Write write)
      : settings_(settings),
        write_(std::move(write)),
        random_(settings.seed),
        stocks_(settings.instruments) {}

  SampleCounts run() {
    open_day();
    while (written_ + closing_messages < settings_.messages) step();
    time_ = std::max(time_, at(16, 0));
    for (const char code : {'M', 'E', 'C'}) system_event(code);
    return counts_;
  }

 private:
  struct Stock {
    SampleBook book;
    std::int32_t middle = 0;
    bool is_paused = false;
  };
  static constexpr std::uint64_t closing_messages = 3;
  static constexpr std::size_t orders_low = 20;    // of a stock: below, only adds
  static constexpr std::size_t orders_high = 400;  // above, only deletes

  static constexpr std::uint64_t at(std::uint64_t hour, std::uint64_t minute) {
    return (hour * 60 + minute) * 60'000'000'000U;
  }

  void emit(const Message& message) {
    if (written_ == settings_.messages) return;
    ++written_;
    ++counts_.by_type[message.bytes()[0]];
    write_(message.bytes(), time_);
  }
  void system_event(char code) { emit(Message('S', 0, time_).letter(code)); }

  static std::string name_of(std::uint32_t locate) {
    std::string name;
    for (std::uint32_t rest = locate - 1, i = 0; i < 4; ++i, rest /= 26) {
      name.insert(name.begin(), static_cast<char>('A' + rest % 26));
    }
    return name;
  }

  void open_day() {
    time_ = at(3, 0);
    system_event('O');
    for (std::uint32_t locate = 1; locate <= settings_.instruments; ++locate) {
      stocks_[locate - 1].middle = static_cast<std::int32_t>(500 + random_.below(50'000));
      time_ += 1'000 + random_.below(100'000);
      emit(Message('R', locate, time_)
               .text(name_of(locate), 8)
               .text("QN", 2)
               .u32(100)
               .text("NCZ PNN1N", 9)
               .u32(0)
               .letter('N'));
    }
    time_ = std::max(time_, at(4, 0));
    system_event('S');
    if (!settings_.plain_orders) open_stocks();
    time_ = std::max(time_, at(9, 30));
    system_event('Q');
  }
  void open_stocks() {
    emit(Message('V', 0, time_).u64(395'012'000'000).u64(369'893'000'000).u64(340'209'000'000));
    for (std::uint32_t locate = 1; locate <= settings_.instruments; ++locate) {
      time_ += 500 + random_.below(20'000);
      emit(Message('H', locate, time_).text(name_of(locate), 8).text("T ", 2).text("", 4));
      emit(Message('Y', locate, time_).text(name_of(locate), 8).letter('0'));
      emit(Message('L', locate, time_).text("TWMM", 4).text(name_of(locate), 8).text("YNA", 3));
    }
  }

  void step() {
    // Bursts: most gaps are under 2 us, one in sixteen is up to 128 us; 5 us on average.
    time_ += random_.one_in(16) ? random_.below(128'000) : 50 + random_.below(2'000);
    // The lower of two draws: some stocks are busier than others.
    const std::uint32_t index =
        std::min(random_.below(settings_.instruments), random_.below(settings_.instruments));
    Stock& stock = stocks_[index];
    if (random_.one_in(64))
      stock.middle = std::max(200, stock.middle + static_cast<std::int32_t>(random_.below(5)) - 2);
    if (stock.is_paused) return trading_action(stock, index + 1);
    if (stock.book.size() < orders_low) return add(stock, index + 1);
    if (stock.book.size() > orders_high) return erase(stock, index + 1);
    settings_.plain_orders ? order_step(stock, index + 1) : venue_step(stock, index + 1);
  }

  void venue_step(Stock& stock, std::uint32_t locate) {
    const std::uint32_t draw = random_.below(1000);
    if (draw < 460) return add(stock, locate);
    if (draw < 810) return erase(stock, locate);
    if (draw < 890) return replace(stock, locate);
    if (draw < 920) return cancel(stock, locate);
    if (draw < 984) return execute(stock, locate);
    if (draw < 997) return hidden_trade(stock, locate);
    rare(stock, locate);
  }
  void order_step(Stock& stock, std::uint32_t locate) {
    const std::uint32_t draw = random_.below(100);
    if (draw < 60) return add(stock, locate);
    if (draw < 88) return erase(stock, locate);
    draw < 96 ? replace(stock, locate) : cancel(stock, locate);
  }

  std::uint32_t some_shares() {
    return random_.one_in(4) ? 1 + random_.below(99) : 100 * (1 + random_.below(random_.one_in(8) ? 50 : 5));
  }
  static std::uint32_t price_of(std::int32_t ticks) { return static_cast<std::uint32_t>(ticks) * 100; }
  static char letter_of(SampleSide side) { return side == SampleSide::buy ? 'B' : 'S'; }
  // Close to the middle more often than far; on the right side of the book.
  std::int32_t passive_price(const Stock& stock, SampleSide side) {
    const auto away = static_cast<std::int32_t>(1 + std::min(random_.below(40), random_.below(40)));
    if (side == SampleSide::buy) {
      const std::int32_t price = stock.middle - away;
      return stock.book.crosses(side, price) ? stock.book.best_price(SampleSide::sell) - 1 : price;
    }
    const std::int32_t price = stock.middle + away;
    return stock.book.crosses(side, price) ? stock.book.best_price(SampleSide::buy) + 1 : price;
  }

  void add(Stock& stock, std::uint32_t locate) {
    const SampleSide side = random_.one_in(2) ? SampleSide::buy : SampleSide::sell;
    const SampleSide other = side == SampleSide::buy ? SampleSide::sell : SampleSide::buy;
    std::int32_t price = passive_price(stock, side);
    if (settings_.plain_orders && random_.below(100) < 21 && stock.book.has(other)) {
      const auto through = static_cast<std::int32_t>(random_.below(3));
      price = stock.book.best_price(other) + (side == SampleSide::buy ? through : -through);
    }
    const SampleBook::Order order{
        .reference = ++reference_, .price = price, .shares = some_shares(), .side = side};
    const bool shows_name = !settings_.plain_orders && random_.one_in(20);
    Message message(shows_name ? 'F' : 'A', locate, time_);
    message.u64(order.reference)
        .letter(letter_of(side))
        .u32(order.shares)
        .text(name_of(locate), 8)
        .u32(price_of(price));
    if (shows_name) message.text("TWMM", 4);
    emit(message);
    counts_.trading_adds += stock.book.submit(order) ? 1U : 0U;
  }
  SampleBook::Order& any(Stock& stock) {
    return stock.book.live(random_.below(static_cast<std::uint32_t>(stock.book.size())));
  }
  void erase(Stock& stock, std::uint32_t locate) {
    SampleBook::Order& order = any(stock);
    emit(Message('D', locate, time_).u64(order.reference));
    stock.book.remove(order);
  }
  void cancel(Stock& stock, std::uint32_t locate) {
    SampleBook::Order& order = any(stock);
    if (order.shares < 2) return erase(stock, locate);
    const std::uint32_t shares = 1 + random_.below(order.shares - 1);
    emit(Message('X', locate, time_).u64(order.reference).u32(shares));
    stock.book.reduce(order, shares);
  }
  void replace(Stock& stock, std::uint32_t locate) {
    SampleBook::Order& old = any(stock);
    SampleBook::Order order = old;
    stock.book.remove(old);
    order.reference = ++reference_;
    order.shares = some_shares();
    order.price = passive_price(stock, order.side);
    emit(Message('U', locate, time_)
             .u64(old.reference)
             .u64(order.reference)
             .u32(order.shares)
             .u32(price_of(order.price)));
    stock.book.add(order);
  }
  void execute(Stock& stock, std::uint32_t locate) {
    // Towards the middle: what lies on the wrong side of it trades first.
    SampleSide side = random_.one_in(2) ? SampleSide::buy : SampleSide::sell;
    if (stock.book.has(SampleSide::sell) && stock.book.best_price(SampleSide::sell) < stock.middle)
      side = SampleSide::sell;
    if (stock.book.has(SampleSide::buy) && stock.book.best_price(SampleSide::buy) > stock.middle)
      side = SampleSide::buy;
    if (!stock.book.has(side)) return add(stock, locate);
    SampleBook::Order& order = stock.book.best(side);
    const std::uint32_t shares = random_.one_in(2) ? order.shares : 1 + random_.below(order.shares);
    const bool at_other_price = random_.one_in(20);
    Message message(at_other_price ? 'C' : 'E', locate, time_);
    message.u64(order.reference).u32(shares).u64(++match_number_);
    if (at_other_price) message.letter(random_.one_in(4) ? 'N' : 'Y').u32(price_of(stock.middle));
    emit(message);
    stock.book.reduce(order, shares);
  }
  void hidden_trade(Stock& stock, std::uint32_t locate) {
    emit(Message('P', locate, time_)
             .u64(0)
             .letter('B')
             .u32(some_shares())
             .text(name_of(locate), 8)
             .u32(price_of(stock.middle))
             .u64(++match_number_));
  }
  // Pauses the stock, or lets it trade again.
  void trading_action(Stock& stock, std::uint32_t locate) {
    stock.is_paused = !stock.is_paused;
    emit(Message('H', locate, time_)
             .text(name_of(locate), 8)
             .letter(stock.is_paused ? 'P' : 'T')
             .letter(' ')
             .text(stock.is_paused ? "LUDP" : "", 4));
  }
  void rare(Stock& stock, std::uint32_t locate) {
    const std::string name = name_of(locate);
    const std::uint32_t price = price_of(stock.middle);
    switch (random_.below(5)) {
      case 0:
        return emit(Message('Q', locate, time_)
                        .u64(some_shares() * 10U)
                        .text(name, 8)
                        .u32(price)
                        .u64(++match_number_)
                        .letter('I'));
      case 1:
        return emit(Message('I', locate, time_)
                        .u64(some_shares())
                        .u64(some_shares())
                        .letter('B')
                        .text(name, 8)
                        .u32(price + 100)
                        .u32(price)
                        .u32(price)
                        .letter('C')
                        .letter('L'));
      case 2:
        return emit(Message('N', locate, time_).text(name, 8).letter('A'));
      case 3:
        return trading_action(stock, locate);
      default:
        return emit(Message('Y', locate, time_).text(name, 8).letter('1'));
    }
  }

  SampleSettings settings_;
  Write write_;
  SampleRandom random_;
  std::vector<Stock> stocks_;
  SampleCounts counts_;
  std::uint64_t time_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t reference_ = 0;
  std::uint64_t match_number_ = 0;
};

}  // namespace tickweir::itch
