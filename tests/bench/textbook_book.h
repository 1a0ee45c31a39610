// The order book as a textbook has it: std::map of std::list, ids through a vector. The baseline of
// order_book.
//
// Ids are dense and below `ids_end`. Trades go to `tape(maker, taker, price, quantity)`.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <list>
#include <map>
#include <vector>

namespace tickweir::bench {

template <typename Tape>
class TextbookBook {
 public:
  struct Entry {
    std::uint64_t id;
    std::uint32_t quantity;
  };

  TextbookBook(std::uint32_t instruments, std::uint64_t ids_end, Tape& tape)
      : sides_(std::size_t{instruments} * 2), where_(ids_end), tape_(tape) {}

  // Returns what is left of the order: 0 when it does not rest.
  std::uint32_t add(std::uint64_t id, std::uint32_t instrument, bool is_buy, std::int64_t price,
                    std::uint32_t quantity) {
    Side& against = sides_[instrument * 2 + (is_buy ? 1 : 0)];
    while (quantity != 0 && !against.empty() && against.begin()->first <= rank(!is_buy, price)) {
      auto& [best, queue] = *against.begin();
      Entry& maker = queue.front();
      const std::uint32_t traded = std::min(quantity, maker.quantity);
      tape_(maker.id, id, is_buy ? best : -best, traded);
      quantity -= traded;
      maker.quantity -= traded;
      if (maker.quantity == 0) erase(maker.id);
    }
    if (quantity != 0) rest(id, instrument, is_buy, price, quantity);
    return quantity;
  }
  void rest(std::uint64_t id, std::uint32_t instrument, bool is_buy, std::int64_t price,
            std::uint32_t quantity) {
    const std::uint32_t place = instrument * 2 + (is_buy ? 0 : 1);
    const auto level = sides_[place].try_emplace(rank(is_buy, price)).first;
    level->second.push_back({id, quantity});
    where_[id] = {place, level, std::prev(level->second.end())};
  }
  void cancel(std::uint64_t id) { erase(id); }
  void reduce(std::uint64_t id, std::uint32_t quantity) {
    Entry& entry = *where_[id].entry;
    entry.quantity -= std::min(quantity, entry.quantity);
    if (entry.quantity == 0) erase(id);
  }
  std::uint32_t replace(std::uint64_t id, std::uint64_t new_id, std::int64_t price, std::uint32_t quantity) {
    const std::uint32_t place = where_[id].place;
    erase(id);
    return add(new_id, place / 2, place % 2 == 0, price, quantity);
  }
  void replace_resting(std::uint64_t id, std::uint64_t new_id, std::int64_t price, std::uint32_t quantity) {
    const std::uint32_t place = where_[id].place;
    erase(id);
    rest(new_id, place / 2, place % 2 == 0, price, quantity);
  }

  [[nodiscard]] std::uint32_t open(std::uint64_t id) const { return where_[id].entry->quantity; }
  [[nodiscard]] std::int64_t price(std::uint64_t id) const {
    const Place& at = where_[id];
    return at.place % 2 == 0 ? -at.level->first : at.level->first;
  }
  // The best price that an order of this side would meet; 0 when there is none.
  [[nodiscard]] std::int64_t meets(std::uint32_t instrument, bool is_buy) const {
    const Side& against = sides_[instrument * 2 + (is_buy ? 1 : 0)];
    if (against.empty()) return 0;
    return is_buy ? against.begin()->first : -against.begin()->first;
  }

 private:
  using Queue = std::list<Entry>;
  using Side = std::map<std::int64_t, Queue>;  // the best first: by price, or by minus it on the buy side
  struct Place {
    std::uint32_t place = 0;
    typename Side::iterator level;
    typename Queue::iterator entry;
  };

  static std::int64_t rank(bool is_buy, std::int64_t price) { return is_buy ? -price : price; }

  void erase(std::uint64_t id) {
    const Place& at = where_[id];
    at.level->second.erase(at.entry);
    if (at.level->second.empty()) sides_[at.place].erase(at.level);
  }

  std::vector<Side> sides_;  // by instrument * 2, plus 1 for sells
  std::vector<Place> where_;
  Tape& tape_;
};

}  // namespace tickweir::bench
