// itch_book: ITCH messages in memory to the book of every order (L3), decoding included, against the same
// decoder with the textbook book behind it.
#include <memory>
#include <vector>

#include "bench.h"
#include "order_flow.h"
#include "sample.h"
#include "source_itch/itch_framing.h"
#include "tickweir/batch.h"
#include "tickweir/batch_filler.h"
#include "tickweir/market.h"
#include "transform_order_book/event_chunks.h"
#include "transform_order_book/order_book.h"

namespace tickweir::bench {

namespace {

constexpr std::uint32_t events_max = 256;

// Decodes block by block; `take` is shown each block.
std::uint64_t decode(const std::string& bytes, auto&& take) {
  MemoryInput input(bytes);
  itch::Decoder decoder(0, 1);
  itch::Faults faults("memory", false, [](const std::string&) {});
  itch::FileReader<MemoryInput> reader(input, false, decoder, faults);
  std::vector<std::uint8_t> memory(events_max * itch::event_bytes_max + 64);
  tickweir_batch batch;
  batch.capacity_bytes = events_max * itch::event_bytes_max;
  batch.event_count_max = events_max;
  batch.data = memory.data() + (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64);
  std::uint64_t events = 0;
  for (auto progress = itch::Progress::more; progress == itch::Progress::more;) {
    batch.event_count = batch.used_bytes = batch.stride = 0;
    BatchFiller filler(batch, itch::event_bytes_max);
    progress = reader.read(filler);
    filler.commit();
    events += batch.event_count;
    take(BatchView(batch));
  }
  return events;
}

// Calls `take` with the payload of an event that touches the book.
template <typename Take>
void visit(const Event& event, Take&& take) {
  switch (event.type) {
    case market::NewOrder::event_type:
      return take(payload<market::NewOrder>(event));
    case market::Cancel::event_type:
      return take(payload<market::Cancel>(event));
    case market::Reduce::event_type:
      return take(payload<market::Reduce>(event));
    case market::Replace::event_type:
      return take(payload<market::Replace>(event));
    case market::VenueExecution::event_type:
      return take(payload<market::VenueExecution>(event));
    default:
      return;
  }
}

class Ours {
 public:
  explicit Ours(std::uint32_t instruments)
      : store_({.orders = 1'048'576, .instruments = instruments + 1}), rules_(store_, listener_) {}
  void take(const BatchView& batch) {
    book::for_each_in_chunks(
        batch, ahead_, {}, [](const book::Stretch&, std::uint64_t) {},
        [this](const Event& event) { visit(event, [this](const auto& value) { rules_.follow(value); }); });
  }
  [[nodiscard]] const Tape& tape() const { return listener_.tape; }

 private:
  struct Listener : book::Silent {
    [[nodiscard]] static constexpr bool wants_executions() { return true; }
    void execution(const market::Executed& value, bool) {
      tape(value.maker_order_id, 0, value.price, value.quantity);
    }
    Tape tape;
  };
  book::BookStore store_;
  book::LookAhead ahead_{store_};
  Listener listener_;
  book::Rebuilding<Listener> rules_;
};

class Theirs {
 public:
  explicit Theirs(std::uint32_t instruments) : book_(instruments + 1, ids_end, tape_) {}
  void take(const BatchView& batch) {
    batch.for_each(
        [this](const Event& event) { visit(event, [this](const auto& value) { follow(value); }); });
  }
  [[nodiscard]] const Tape& tape() const { return tape_; }

 private:
  static constexpr std::uint64_t ids_end = 4'000'000;

  void follow(const market::NewOrder& value) {
    book_.rest(value.order_id, value.instrument, value.side == market::Side::Buy, value.price,
               value.quantity);
  }
  void follow(const market::Cancel& value) { book_.cancel(value.order_id); }
  void follow(const market::Reduce& value) { book_.reduce(value.order_id, value.quantity); }
  void follow(const market::Replace& value) {
    book_.replace_resting(value.order_id, value.new_order_id, value.price, value.quantity);
  }
  void follow(const market::VenueExecution& value) {
    tape_(value.order_id, 0, value.price != 0 ? value.price : book_.price(value.order_id), value.quantity);
    book_.reduce(value.order_id, value.quantity);
  }

  Tape tape_;
  TextbookBook<Tape> book_;
};

template <typename Book>
double message_ns(const std::string& bytes, std::uint32_t instruments, std::uint64_t messages, Tape& tape) {
  pin_to(0);
  auto book = std::make_unique<Book>(instruments);
  bring_in(bytes.data(), bytes.size());
  const std::uint64_t start = now_ns();
  decode(bytes, [&](const BatchView& batch) { book->take(batch); });
  const std::uint64_t elapsed = now_ns() - start;
  unpin();
  tape = book->tape();
  return static_cast<double>(elapsed) / static_cast<double>(messages);
}

Row measure(const Settings& settings, std::uint32_t instruments, double limit) {
  const std::uint64_t messages = settings.is_smoke ? 20'000 : 2'000'000;
  const std::string bytes = sample_bytes(settings, messages, instruments);
  Tape ours;
  Tape theirs;
  const Pairs pairs = run_pairs(
      settings, false, [&] { return message_ns<Ours>(bytes, instruments, messages, ours); },
      [&] { return message_ns<Theirs>(bytes, instruments, messages, theirs); });
  check(ours == theirs && ours.count != 0, "both books saw the same executions");
  const double figure = median(pairs.ours);
  return {.name = "itch_book_" + std::to_string(instruments),
          .unit = "ns/message",
          .ours = figure,
          .baseline = median(pairs.baseline),
          .figure = figure,
          .figure_text = "ours",
          .target = limit < 30 ? "at most 25" : "at most 60",
          .is_reached = figure <= limit,
          .state = pairs.state,
          .note = "decoding included; baseline: the textbook book"};
}

}  // namespace

std::vector<Row> itch_book(const Settings& settings) {
  return {measure(settings, 1, 25), measure(settings, 1000, 60)};
}

}  // namespace tickweir::bench
