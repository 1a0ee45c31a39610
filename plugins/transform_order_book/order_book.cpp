// Keeps an order book for each instrument: matches orders, or follows a venue that has matched them.
//
// Events:  requests or a feed in; reports, executions, trades, level changes and best prices out.
// Order:   outputs follow the input, each with the time and origin of the event that caused it.
// Shards:  by instrument; each event's place tells where the merge puts it.
// Memory:  all of it reserved at start; see book_store.h. Cost: O(1).
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "announcer.h"
#include "book_state.h"
#include "event_chunks.h"
#include "order_book.h"
#include "show_book.h"
#include "tickweir/planted_bug.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;
using market::RejectReason;

enum class Mode : std::int64_t { match, rebuild };

constexpr std::array options{
    Option{.type = choice,
           .name = "mode",
           .default_text = "match",
           .choices = "match|rebuild",
           .help = "Match orders here, or follow a venue's feed that says what was matched."},
    Option{.type = integer,
           .name = "orders",
           .default_text = "1048576",
           .minimum = "1",
           .maximum = "268435456",
           .unit = "orders",
           .help = "Orders that may rest or wait at once, over all instruments (of a shard); memory is "
                   "reserved for them."},
    Option{.type = integer,
           .name = "instruments",
           .default_text = "65536",
           .minimum = "2",
           .maximum = "16777216",
           .help = "Instrument numbers below this have a book; the default has one for every ITCH locate."},
    Option{.type = integer,
           .name = "first_match_id",
           .default_text = "1",
           .minimum = "1",
           .help = "The number of the first execution; the next ones rise by one. At most 2^39 with shards."},
    Option{.type = integer,
           .name = "level_width",
           .default_text = "1",
           .minimum = "1",
           .maximum = "1000000000",
           .unit = "price units",
           .help =
               "So many prices are one level on the output `levels`: bids at the lowest of them, asks at the "
               "highest, both multiples of this."},
};
constexpr std::array<Output, book::output_count> outputs{
    Output{.name = "reports",
           .events = "Accepted|Rejected|Executed|Cancelled|Replaced|MassCancelled|Expired|"
                     "Triggered|Refreshed",
           .help = "Every outcome of every request, in order."},
    Output{.name = "executions", .events = "Executed", .help = "Each match, both sides in one event."},
    Output{.name = "trades",
           .events = "Trade",
           .help = "The tape: each printable execution, and the feed's own trades."},
    Output{.name = "levels", .events = "LevelChanged", .help = "The total at a price, after each change."},
    Output{
        .name = "top", .events = "TopOfBook", .help = "The best prices, after each event that changed them."},
    Output{.name = "auctions",
           .events = "AuctionPrice",
           .help = "The price an auction would have while orders are collected, and the one it has."},
    Output{.name = "orders",
           .events = "OrderChanged|SnapshotBegin|SnapshotOrder|SnapshotEnd",
           .help = "Each change of each visible order, and all of them when a SnapshotRequest asks."},
};
constexpr std::array counters{
    CounterInfo{
        .kind = TICKWEIR_COUNTER, .name = "accepted", .help = "Orders that entered, to rest or to trade."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "executed", .help = "Executions."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "cancelled",
                .help = "Orders ended other than by trading, replacing or expiring."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "expired", .help = "Orders whose time was up."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "triggered", .help = "Stops that have entered."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "replaced", .help = "Orders replaced."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "rejected",
                .label = "reason",
                .help = "Requests rejected; match only."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "crossed",
                .help = "Entries that left a bid at or above the ask; rebuild only."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "excess",
                .help = "Reductions and executions of more than was open; rebuild only."},
    CounterInfo{.kind = TICKWEIR_GAUGE, .name = "orders", .help = "Orders that rest or wait."},
    CounterInfo{.kind = TICKWEIR_GAUGE, .name = "levels", .help = "Prices at which orders rest."},
};
enum Drop : std::uint32_t {
  unknown_order,
  duplicate_order,
  invalid,
  order_limit,
  instrument_limit,
  wrong_mode,
  too_short
};
constexpr std::array reasons{
    Reason{.name = "unknown_order", .help = "Rebuild: the feed names an order that the book does not hold."},
    Reason{.name = "duplicate_order",
           .help = "Rebuild: the feed enters an order that the book already holds."},
    Reason{.name = "invalid", .help = "Rebuild: a field is wrong, or the order is not one that rests."},
    Reason{.name = "order_limit", .help = "Rebuild: the option `orders` leaves no room."},
    Reason{.name = "instrument_limit",
           .help = "Rebuild: the instrument's number is not below the option `instruments`."},
    Reason{
        .name = "wrong_mode",
        .help =
            "A request to a venue came to a book that follows one, or a venue's word to one that matches."},
    Reason{.name = "too_short", .help = "The event is shorter than its type is."},
};

constexpr Drop drop_of(RejectReason reason) {
  switch (reason) {
    case RejectReason::UnknownOrder:
      return unknown_order;
    case RejectReason::DuplicateOrderId:
      return duplicate_order;
    case RejectReason::OrderLimit:
      return order_limit;
    case RejectReason::InstrumentLimit:
      return instrument_limit;
    default:
      return invalid;
  }
}

// Of this file alone: the compiler sees all that calls Matching with it, and puts more in line.
struct Announcer final : book::Announcer {
  using book::Announcer::Announcer;
};

class OrderBook final : public Transform {
 public:
  static constexpr const char* shard_key = "instrument";
  // Two shards tell of one event in one place only what each of them has cancelled for it.
  static void combine(Event& into, const Event& from) {
    auto& sum = payload<market::MassCancelled>(into);
    const auto& more = payload<market::MassCancelled>(from);
    sum.quantity += more.quantity;
    sum.order_count += more.order_count;
  }

  explicit OrderBook(const Context& context)
      : mode_(context.options.choice<Mode>("mode")),
        shard_(context.shard(), context.shard_count()),
        limits_{.orders = static_cast<std::uint32_t>(context.options.integer("orders")),
                .instruments = static_cast<std::uint32_t>(context.options.integer("instruments")),
                .by_instrument = shard_.is_sharded()},
        first_match_id_(static_cast<std::uint64_t>(context.options.integer("first_match_id"))),
        accepted_(context.counter("accepted")),
        executed_(context.counter("executed")),
        cancelled_(context.counter("cancelled")),
        expired_(context.counter("expired")),
        triggered_(context.counter("triggered")),
        replaced_(context.counter("replaced")),
        crossed_(context.counter("crossed")),
        excess_(context.counter("excess")),
        orders_(context.gauge("orders")),
        levels_(context.gauge("levels")),
        wrong_mode_(context.drop_counter(wrong_mode)),
        too_short_(context.drop_counter(too_short)),
        announcer_(context.options.integer("level_width"), shard_.is_sharded()) {
    if (shard_.is_sharded() && first_match_id_ > book::first_match_number_max) {
      throw OptionError("first_match_id", "in a stage with shards it must be at most " +
                                              std::to_string(book::first_match_number_max) + ", found " +
                                              std::to_string(first_match_id_) +
                                              ": each instrument counts on from it, in 40 bits");
    }
    for (std::size_t i = 1; i < book::reject_reason_count; ++i) {
      const auto reason = static_cast<RejectReason>(i);
      rejected_[i] = mode_ == Mode::match
                         ? context.counter("rejected", std::string(market::name_of(reason)).c_str())
                         : context.drop_counter(drop_of(reason));
    }
  }

  void start() {
    store_ = std::make_unique<book::BookStore>(limits_);
    store_->next_match_id = first_match_id_;
    if (TICKWEIR_BUG("address in match_id")) store_->next_match_id += reinterpret_cast<std::uintptr_t>(this);
    ahead_.emplace(*store_);
    if (mode_ == Mode::match) {
      matching_.emplace(*store_, announcer_);
    } else {
      rebuilding_.emplace(*store_, announcer_);
    }
  }

  void save(StateWriter& out) const {
    book::save_book(out, static_cast<std::uint64_t>(mode_), *store_, shard_);
  }
  void load(StateReader& in) {
    book::load_book(in, static_cast<std::uint64_t>(mode_), *store_, shard_);
    if (TICKWEIR_BUG("match ids begin again")) store_->next_match_id = first_match_id_;
    orders_.set(store_->order_count());
    levels_.set(store_->level_count());
  }

  void show(TextWriter& out) const {
    book::show_book(out, mode_ == Mode::match ? "match" : "rebuild", *store_);
  }

  void process(const BatchView& batch, Emitter& out) {
    announcer_.begin_batch(batch, out);
    if (mode_ == Mode::match) {
      too_short_.add(book::for_each_in_chunks(
          batch, *ahead_, shard_,
          [this](const book::Stretch& others, std::uint64_t time) { pass(others, time); },
          [this](const Event& event) { match(event); }));
      publish(matching_->counts());
    } else {
      too_short_.add(book::for_each_in_chunks(
          batch, *ahead_, shard_, [](const book::Stretch&, std::uint64_t) {},
          [this](const Event& event) { follow(event); }));
      publish(rebuilding_->counts());
    }
  }

 private:
  // Events of other shards matter by their time alone, which may make orders expire.
  void pass(const book::Stretch& others, std::uint64_t time) {
    if (!store_->has_due(time)) [[likely]]
      return matching_->advance(time);
    others.for_each([this](const Event& event) {
      announcer_.begin_event(event);
      matching_->advance(event.time);
    });
  }

  void match(const Event& event) {
    announcer_.begin_event(event);
    if (!TICKWEIR_BUG("time stands still")) matching_->advance(event.time);
    announcer_.begin_request();
    // The most frequent two first: a wrong guess is noticed earlier than of a jump by a table.
    if (event.type == market::NewOrder::event_type) [[likely]]
      return matching_->request(payload<market::NewOrder>(event));
    if (event.type == market::Cancel::event_type) [[likely]]
      return matching_->request(payload<market::Cancel>(event));
    switch (event.type) {
      case market::NewOrderExtended::event_type:
        return matching_->request(payload<market::NewOrderExtended>(event));
      case market::Reduce::event_type:
        return matching_->request(payload<market::Reduce>(event));
      case market::Replace::event_type:
        return matching_->request(payload<market::Replace>(event));
      case market::MassCancel::event_type:
        return matching_->request(payload<market::MassCancel>(event));
      case market::InstrumentCancel::event_type:
        return matching_->request(payload<market::InstrumentCancel>(event));
      case market::TradingStatus::event_type:
        return matching_->request(payload<market::TradingStatus>(event));
      case market::InstrumentRules::event_type:
        return matching_->request(payload<market::InstrumentRules>(event));
      case market::SnapshotRequest::event_type:
        return matching_->request(payload<market::SnapshotRequest>(event));
      case market::VenueExecution::event_type:
      case market::Trade::event_type:
        return wrong_mode_.add();
      case event_type_tick:
        return announcer_.tick(event);
      default:
        return;
    }
  }

  void follow(const Event& event) {
    announcer_.begin_event(event);
    announcer_.begin_request();
    switch (event.type) {
      case market::NewOrder::event_type:
        rebuilding_->follow(payload<market::NewOrder>(event));
        return;
      case market::Cancel::event_type:
        rebuilding_->follow(payload<market::Cancel>(event));
        return;
      case market::Reduce::event_type:
        rebuilding_->follow(payload<market::Reduce>(event));
        return;
      case market::Replace::event_type:
        rebuilding_->follow(payload<market::Replace>(event));
        return;
      case market::VenueExecution::event_type:
        rebuilding_->follow(payload<market::VenueExecution>(event));
        return;
      case market::TradingStatus::event_type:
        rebuilding_->follow(payload<market::TradingStatus>(event));
        return;
      case market::SnapshotRequest::event_type:
        rebuilding_->follow(payload<market::SnapshotRequest>(event));
        return;
      case market::Trade::event_type:
        return announcer_.trade(payload<market::Trade>(event));
      case market::NewOrderExtended::event_type:
      case market::MassCancel::event_type:
      case market::InstrumentCancel::event_type:
      case market::InstrumentRules::event_type:
        return wrong_mode_.add();
      case event_type_tick:
        return announcer_.tick(event);
      default:
        return;
    }
  }

  // Adds what has happened since the last batch.
  void publish(const book::Counts& now) {
    accepted_.add(now.accepted - published_.accepted);
    executed_.add(now.executed - published_.executed);
    cancelled_.add(now.cancelled - published_.cancelled);
    expired_.add(now.expired - published_.expired);
    triggered_.add(now.triggered - published_.triggered);
    replaced_.add(now.replaced - published_.replaced);
    crossed_.add(now.crossed - published_.crossed);
    excess_.add(now.excess - published_.excess);
    for (std::size_t i = 1; i < book::reject_reason_count; ++i) {
      rejected_[i].add(now.rejected[i] - published_.rejected[i]);
    }
    orders_.set(store_->order_count());
    levels_.set(store_->level_count());
    published_ = now;
  }

  Mode mode_;
  book::Shard shard_;
  book::Limits limits_;
  std::uint64_t first_match_id_;
  Counter accepted_, executed_, cancelled_, expired_, triggered_, replaced_, crossed_, excess_;
  Gauge orders_, levels_;
  Counter wrong_mode_, too_short_;
  std::array<Counter, book::reject_reason_count> rejected_;  // match: by reason; rebuild: as drops
  Announcer announcer_;
  std::unique_ptr<book::BookStore> store_;
  std::optional<book::LookAhead> ahead_;
  std::optional<book::Matching<Announcer>> matching_;
  std::optional<book::Rebuilding<Announcer>> rebuilding_;
  book::Counts published_;
};

}  // namespace

TICKWEIR_PLUGIN("transform_order_book", OrderBook,
                {.version = "1.0.0",
                 .summary = "Keeps an order book for each instrument: matches, or follows a venue's feed.",
                 .accepts = "NewOrder|NewOrderExtended|Cancel|Reduce|Replace|MassCancel|InstrumentCancel|"
                            "VenueExecution|Trade|TradingStatus|Instrument|InstrumentRules|SnapshotRequest",
                 .options = options,
                 .outputs = outputs,
                 .counters = counters,
                 .reasons = reasons})
