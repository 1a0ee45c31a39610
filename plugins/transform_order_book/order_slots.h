// The slots that orders lie in, each with what few orders have besides (extras.h). A slot is used again by
// the next order; index 0 is none.
//
// Threading: one thread.
// Memory:    reserved in the constructor, touched when first used: 32 bytes a slot, 48 for what few have.
// Errors:    taking more slots than there are is a bug of the caller.
#pragma once

#include <algorithm>
#include <cstdint>

#include "order.h"
#include "reserved.h"

namespace tickweir::book {

class OrderSlots {
 public:
  explicit OrderSlots(std::uint32_t count)
      : orders_(std::size_t{count} + 1), extras_(std::size_t{count} + 1) {}

  [[nodiscard]] Order& operator[](std::uint32_t index) { return orders_[index]; }
  [[nodiscard]] const Order& operator[](std::uint32_t index) const { return orders_[index]; }
  // What is there counts as far as Order::extras says.
  [[nodiscard]] Extras& extras(std::uint32_t index) { return extras_[index]; }
  [[nodiscard]] const Extras& extras(std::uint32_t index) const { return extras_[index]; }

  // What of an order is hidden.
  [[nodiscard]] std::uint32_t hidden(std::uint32_t index) const {
    return orders_[index].has(Extra::Iceberg) ? extras_[index].hidden : 0;
  }
  // What an iceberg shows at most, 0 for others.
  [[nodiscard]] std::uint32_t display(std::uint32_t index) const {
    return orders_[index].has(Extra::Iceberg) ? extras_[index].display : 0;
  }
  // Takes up to `quantity` off what an order hides. Returns how much is still to be taken.
  std::uint32_t take_hidden(std::uint32_t index, std::uint32_t quantity) {
    const std::uint32_t taken = std::min(hidden(index), quantity);
    if (taken != 0) extras_[index].hidden -= taken;
    return quantity - taken;
  }

  // `see(order)` for each, in an order that means nothing.
  template <typename See>
  void for_each(See&& see) const {
    for (std::uint32_t at = 1; at <= used_; ++at) {
      if (orders_[at].id != 0) see(orders_[at]);
    }
  }

  [[nodiscard]] std::uint32_t take() {
    if (free_ == 0) return ++used_;
    const std::uint32_t index = free_;
    free_ = orders_[index].next;
    return index;
  }
  void give_back(std::uint32_t index) {
    Order& order = orders_[index];
    order.id = 0;
    order.next = free_;
    free_ = index;
  }

 private:
  Reserved<Order> orders_;
  Reserved<Extras> extras_;
  std::uint32_t free_ = 0;  // the first, linked by `next`
  std::uint32_t used_ = 0;  // ever
};

}  // namespace tickweir::book
