// The commands of order_flow.h as the requests of the market vocabulary.
#pragma once

#include "order_flow.h"
#include "tickweir/market.h"

namespace tickweir::bench {

// Calls `take` with the request that a command stands for.
template <typename Take>
void visit(const Command& command, Take&& take) {
  switch (command.op) {
    case Op::add:
      return take(market::NewOrder{.order_id = command.id,
                                   .price = command.price,
                                   .quantity = command.quantity,
                                   .instrument = command.instrument,
                                   .side = command.is_buy ? market::Side::Buy : market::Side::Sell,
                                   .kind = market::OrderKind::Limit,
                                   .time_in_force = market::TimeInForce::GoodTillCancel});
    case Op::cancel:
      return take(market::Cancel{.order_id = command.id, .instrument = command.instrument});
    case Op::reduce:
      return take(market::Reduce{
          .order_id = command.id, .quantity = command.quantity, .instrument = command.instrument});
    case Op::replace:
      return take(market::Replace{.order_id = command.id,
                                  .new_order_id = command.new_id,
                                  .price = command.price,
                                  .quantity = command.quantity,
                                  .instrument = command.instrument});
  }
}

}  // namespace tickweir::bench
