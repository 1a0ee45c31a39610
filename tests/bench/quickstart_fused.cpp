// quickstart_fused: the quickstart graph on one thread, against one hand-written loop over the same
// algorithms.
//
//   itch file -> dedup -> book (rebuild) -> bundles -> JSON file
//                   \--> counts by kind
//
// Both read the same file and must write the same bytes; measured, they write them to /dev/null.
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "bench.h"
#include "filter_dedup/dedup.h"
#include "pipeline.h"
#include "sample.h"
#include "sink_file/output_file.h"
#include "source_itch/itch_framing.h"
#include "tickweir/market_text.h"
#include "transform_bundle/bundler.h"
#include "transform_order_book/order_book.h"

namespace tickweir::bench {

namespace {

constexpr std::uint32_t slots_max = 256;

struct Slot {
  Event event;
  std::array<std::uint8_t, 64> payload;
};

// Where the decoder puts a group of events: an array that stays in the first-level cache.
struct Slots {
  [[nodiscard]] bool is_full() const { return count == slots_max; }
  std::uint8_t* open(std::uint16_t type, std::uint32_t bytes, std::uint64_t time, std::uint64_t origin) {
    Slot& slot = slots[count++];
    slot.event = {.size = static_cast<std::uint32_t>(sizeof(Event) + bytes),
                  .type = type,
                  .verdict = 0,
                  .flags = 0,
                  .sequence = 0,
                  .time = time,
                  .origin = origin};
    return slot.payload.data();
  }
  std::array<Slot, slots_max> slots;
  std::uint32_t count = 0;
};

// The whole job as one program would do it.
class HandWritten : public book::Silent {
 public:
  HandWritten(const std::string& input, const std::string& output)
      : input_(input),
        decoder_(1'736'121'600'000'000'000U, 1),
        faults_(input, false, [](const std::string&) {}),
        reader_(input_, false, decoder_, faults_),
        windows_(64, 1'048'576),
        store_(book::Limits{.orders = 1'048'576, .instruments = 65'536}),
        book_(store_, *this),
        bundler_(16, 100'000) {
    store_.next_match_id = 1;
    file_.open(output, OpenMode::truncate);
  }

  std::uint64_t run() {
    itch::Progress progress = itch::Progress::more;
    while (progress == itch::Progress::more) {
      slots_.count = 0;
      progress = reader_.read(slots_);
      for (std::uint32_t i = 0; i < slots_.count; ++i) take(slots_.slots[i].event);
      events_ += slots_.count;
    }
    if (bundler_.count() != 0) close();
    file_.commit();
    file_.close();
    return events_;
  }

  // What the book tells.
  [[nodiscard]] static bool wants_executions() { return true; }
  void execution(const market::Executed& executed, bool) {
    if (bundler_.is_due(now_->time)) close();
    if (bundler_.add(bundle::make_item(executed, *now_), now_->origin)) close();
  }

 private:
  void take(const Event& event) {
    if (windows_.see(event.origin) != dedup::Seen::fresh) return;
    ++kinds_[event.type % kinds_.size()];
    now_ = &event;
    switch (event.type) {
      case market::NewOrder::event_type:
        book_.follow(payload<market::NewOrder>(event));
        return;
      case market::Cancel::event_type:
        book_.follow(payload<market::Cancel>(event));
        return;
      case market::Reduce::event_type:
        book_.follow(payload<market::Reduce>(event));
        return;
      case market::Replace::event_type:
        book_.follow(payload<market::Replace>(event));
        return;
      case market::VenueExecution::event_type:
        book_.follow(payload<market::VenueExecution>(event));
        return;
      default:
        return;
    }
  }

  void close() {
    const bundle::ClosedBundle closed = bundler_.close();
    const auto bytes = static_cast<std::uint32_t>(sizeof closed.head + closed.items.size_bytes());
    auto* const event = reinterpret_cast<Event*>(bundle_.data());
    *event = {.size = static_cast<std::uint32_t>(sizeof(Event)) + bytes,
              .type = market::Bundle::event_type,
              .verdict = 0,
              .flags = 0,
              .sequence = 0,
              .time = closed.items.back().time,
              .origin = closed.origin};
    std::memcpy(event + 1, &closed.head, sizeof closed.head);
    std::memcpy(reinterpret_cast<std::uint8_t*>(event + 1) + sizeof closed.head, closed.items.data(),
                closed.items.size_bytes());
    market::append_json(file_, *event);
    file_.put("\n");
  }

  itch::Input input_;
  itch::Decoder decoder_;
  itch::Faults faults_;
  itch::FileReader<itch::Input> reader_;
  dedup::SourceWindows windows_;
  book::BookStore store_;
  book::Rebuilding<HandWritten> book_;
  bundle::Bundler bundler_;
  OutputFile file_;
  Slots slots_;
  alignas(8) std::array<std::uint8_t, 4096> bundle_{};
  std::array<std::uint64_t, 64> kinds_{};
  const Event* now_ = nullptr;
  std::uint64_t events_ = 0;
};

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

double pipeline_events_per_second(const std::string& input, const std::string& output, std::uint64_t events) {
  Pipeline pipeline(
      "threads: { core: { cpus: \"0\", wait: adaptive } }\nstages:\n"
      "  feed: { plugin: source_itch, thread: core, config: { path: \"" +
      input +
      "\", date: \"2025-01-06\" } }\n"
      "  unique: { plugin: filter_dedup, thread: core, inputs: [feed], config: { window: 1048576 } }\n"
      "  book: { plugin: transform_order_book, thread: core, inputs: [unique], config: { mode: rebuild } }\n"
      "  bundles: { plugin: transform_bundle, thread: core, inputs: [book.executions] }\n"
      "  rates: { plugin: transform_metrics, thread: core, inputs: [unique], config: { latency: false } }\n"
      "  out: { plugin: sink_file, thread: core, inputs: [bundles], config: { path: \"" +
      output + "\", format: json } }\n");
  const std::uint64_t elapsed = pipeline.run();
  check(pipeline.engine().report().stages[0].sent == events, "the pipeline reads every event");
  return static_cast<double>(events) * 1e9 / static_cast<double>(elapsed);
}

}  // namespace

std::vector<Row> quickstart_fused(const Settings& settings) {
  std::filesystem::create_directories(settings.folder);
  const std::string input = sample_file(settings, settings.is_smoke ? 20'000 : 2'000'000);
  const std::string ours = settings.folder + "/quickstart_ours.jsonl";
  const std::string baseline = settings.folder + "/quickstart_baseline.jsonl";
  const std::uint64_t events = std::make_unique<HandWritten>(input, baseline)->run();
  pipeline_events_per_second(input, ours, events);
  check(!bytes_of(ours).empty() && bytes_of(ours) == bytes_of(baseline), "both wrote the same bytes");
  std::filesystem::remove(ours);
  std::filesystem::remove(baseline);
  // Measured without a disk: its mood is not the subject.
  const Pairs pairs = run_pairs(
      settings, false, [&] { return pipeline_events_per_second(input, "/dev/null", events); },
      [&] {
        pin_to(0);
        auto hand = std::make_unique<HandWritten>(input, "/dev/null");
        const std::uint64_t start = now_ns();
        hand->run();
        const std::uint64_t elapsed = now_ns() - start;
        unpin();
        return static_cast<double>(events) * 1e9 / static_cast<double>(elapsed);
      });
  const double ratio = pairs.ratio();
  return {{.name = "quickstart_fused",
           .unit = "M events/s",
           .ours = median(pairs.ours) * 1e-6,
           .baseline = median(pairs.baseline) * 1e-6,
           .figure = ratio,
           .figure_text = "ratio",
           .target = "at least 0.9",
           .is_reached = ratio >= 0.9,
           .state = pairs.state,
           .note = "same output bytes"}};
}

}  // namespace tickweir::bench
