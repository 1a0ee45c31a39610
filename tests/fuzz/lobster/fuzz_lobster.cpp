// Any text as rows of LOBSTER files, each line a message row, a '|' and an orderbook row: no crash, and after
// a row of the orderbook the events sum up to a book that is that row.
#include <map>
#include <string_view>
#include <vector>

#include "resting_orders.h"
#include "tickweir/assert.h"

namespace {

using namespace tickweir;
using namespace tickweir::lobster;

// What the events sum up to: the orders by id.
class Book {
 public:
  void apply(const MarketEvent& event) {
    if (const auto* entered = std::get_if<market::NewOrder>(&event)) {
      orders_.try_emplace(entered->order_id, *entered);  // a book drops one that it holds already
    } else if (const auto* cancel = std::get_if<market::Cancel>(&event)) {
      orders_.erase(cancel->order_id);
    } else if (const auto* reduce = std::get_if<market::Reduce>(&event)) {
      take(reduce->order_id, reduce->quantity);
    } else if (const auto* traded = std::get_if<market::VenueExecution>(&event)) {
      take(traded->order_id, traded->quantity);
    } else if (const auto* replace = std::get_if<market::Replace>(&event)) {
      orders_.at(replace->order_id).quantity = replace->quantity;
    }
  }
  [[nodiscard]] std::uint64_t at(market::Side side, std::int64_t price) const {
    std::uint64_t size = 0;
    for (const auto& [id, order] : orders_)
      size += order.side == side && order.price == price ? order.quantity : 0;
    return size;
  }

 private:
  void take(std::uint64_t id, std::uint32_t quantity) {
    market::NewOrder& order = orders_.at(id);
    TICKWEIR_ASSERT(quantity <= order.quantity);
    order.quantity -= quantity;
    if (order.quantity == 0) orders_.erase(id);
  }
  std::map<std::uint64_t, market::NewOrder> orders_;
};

void compare(const Book& book, const BookRow& row) {
  for (const BookLevel& level : row.asks)
    TICKWEIR_ASSERT(book.at(market::Side::Sell, level.price) == level.size);
  for (const BookLevel& level : row.bids)
    TICKWEIR_ASSERT(book.at(market::Side::Buy, level.price) == level.size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<MarketEvent> events;
  RestingOrders orders(1, events);
  Book book;
  BookRow row;
  for (bool is_first = true; !text.empty();) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t bar = std::min(line.find('|'), line.size());
    try {
      const Message message = parse_message(line.substr(0, bar));
      parse_book(line.substr(std::min(bar + 1, line.size())), row);
      if (is_first) orders.begin(row, message);
      is_first = false;
      orders.apply(message);
      orders.follow(row, [](std::size_t, const std::string&) {});
    } catch (const RowFault& fault) {
      TICKWEIR_ASSERT(fault.column >= 1 && fault.column <= line.size() + 1);
      continue;
    }
    for (const MarketEvent& event : events) book.apply(event);
    events.clear();
    compare(book, row);
  }
  return 0;
}
