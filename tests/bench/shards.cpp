// shards: the order book as the bottleneck of a pipeline, in two shards against one, on 1,000 instruments and
// the stream of order_flow.h. Both must trade what the textbook book trades, in that order.
//
// Three threads for two shards: on two cores source, merge and sink take a share of theirs, so two shards
// cannot quite be twice as fast. Who waits sleeps: with more threads than cores, spinning keeps others from
// working.
#include <array>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <type_traits>

#include "bench.h"
#include "order_requests.h"
#include "runtime/engine/engine.h"
#include "runtime/graph/build.h"
#include "tickweir/stage.h"
#include "tickweir/testing_folder.h"

namespace tickweir::bench {

namespace {

constexpr std::uint32_t instruments = 1000;

// A batch of requests, made beforehand: the source shall cost little.
struct Chunk {
  std::vector<std::uint8_t> bytes;
  std::uint32_t event_count = 0;
};

std::vector<Chunk> chunks_of(const Flow& flow) {
  constexpr std::uint32_t batch_events = 256;
  std::vector<Chunk> chunks;
  std::uint64_t number = 0;
  const auto add = [&](const auto& request) {
    if (chunks.empty() || chunks.back().event_count == batch_events) chunks.emplace_back();
    using Request = std::remove_cvref_t<decltype(request)>;
    ++number;
    const Event event{.size = sizeof(Event) + sizeof(Request),
                      .type = Request::event_type,
                      .verdict = 0,
                      .flags = 0,
                      .sequence = 0,
                      .time = number,
                      .origin = number};
    std::vector<std::uint8_t>& bytes = chunks.back().bytes;
    const std::size_t at = bytes.size();
    bytes.resize(at + event.size);
    std::memcpy(bytes.data() + at, &event, sizeof event);
    std::memcpy(bytes.data() + at + sizeof event, &request, sizeof request);
    ++chunks.back().event_count;
  };
  for (const Command& command : flow.preload) visit(command, add);
  for (const Command& command : flow.commands) visit(command, add);
  return chunks;
}

// What the stages of a run share with this file.
struct Shared {
  const std::vector<Chunk>* chunks = nullptr;
  Tape tape;
} shared;

class FlowSource final : public Source {
 public:
  explicit FlowSource(const Context&) {}
  PollResult poll(Emitter& out, Idle&) {
    const Chunk& chunk = (*shared.chunks)[next_++];
    tickweir_batch& room = *out.raw().outputs[0];
    check(room.event_count == 0 && chunk.bytes.size() <= room.capacity_bytes, "a chunk is a batch");
    std::memcpy(room.data, chunk.bytes.data(), chunk.bytes.size());
    room.event_count = chunk.event_count;
    room.used_bytes = static_cast<std::uint32_t>(chunk.bytes.size());
    return next_ == shared.chunks->size() ? PollResult::finished : PollResult::more;
  }

 private:
  std::size_t next_ = 0;
};

class TapeSink final : public Sink {
 public:
  explicit TapeSink(const Context&) {}
  void write(const BatchView& batch) {
    batch.for_each([](const Event& event) {
      const auto& value = payload<market::Executed>(event);
      shared.tape(value.maker_order_id, value.taker_order_id, value.price, value.quantity);
    });
  }
};

constexpr std::array outputs{Output{.name = "orders", .events = "NewOrder|Cancel|Reduce|Replace"}};

template <typename Stage>
Plugin own(const char* name, const Description& description) {
  Plugin plugin;
  plugin.table = detail::Tables<Stage>::make(name, description);
  return plugin;
}

Registry& books() {
  static Registry all = std::move(*Registry::scan({TICKWEIR_PLUGIN_DIR}));
  return all;
}

PluginSource plugins() {
  static const Plugin source = own<FlowSource>("source_flow", {.outputs = outputs});
  static const Plugin sink = own<TapeSink>("sink_tape", {.accepts = "Executed"});
  return {.load = [](const std::string& name) -> Result<const Plugin*> {
            if (name == "source_flow") return &source;
            if (name == "sink_tape") return &sink;
            return books().load(name);
          },
          .names = {"source_flow", "sink_tape", "transform_order_book"},
          .refused = {},
          .searched = TICKWEIR_PLUGIN_DIR};
}

std::string pipeline_of(std::uint32_t shards) {
  return "apiVersion: tickweir/v1\n"
         "name: shards\n"
         "threads: { ends: { wait: block }, book-1: { wait: block }, book-2: { wait: block } }\n"
         "stages:\n"
         "  orders: { plugin: source_flow, thread: ends }\n"
         "  book:\n"
         "    plugin: transform_order_book\n"
         "    inputs: [{ from: orders, capacity: 64 }]\n"
         "    thread: ends\n"
         "    config: { orders: 131072, instruments: " +
         std::to_string(instruments + 1) +
         " }\n"
         "    shards: " +
         std::to_string(shards) +
         "\n"
         "  tape: { plugin: sink_tape, inputs: [book.executions], thread: ends }\n";
}

double ns_per_command(const Flow& flow, const std::vector<Chunk>& chunks, std::uint32_t shards) {
  shared = {.chunks = &chunks, .tape = {}};
  const testing::TempFolder folder;
  std::ofstream(folder.at("shards.yaml")) << pipeline_of(shards);
  Diagnostics diagnostics;
  const auto graph = build_graph(load_pipeline(folder.at("shards.yaml"), {}, diagnostics), plugins(),
                                 this_machine(), diagnostics);
  if (graph == nullptr) diagnostics.print(std::cerr);
  check(graph != nullptr, "the benchmark's pipeline is valid");
  auto engine = Engine::create(*graph, {});
  check(static_cast<bool>(engine), "the engine can be made");
  check(static_cast<bool>(engine.value()->start()), "the pipeline starts");
  const std::uint64_t begin = now_ns();
  check(static_cast<bool>(engine.value()->wait()), "the pipeline ends well");
  const std::uint64_t elapsed = now_ns() - begin;
  check(engine.value()->report().balanced, "the books balance");
  check(shared.tape == flow.tape, "so many shards trade the same as the textbook book");
  return static_cast<double>(elapsed) / static_cast<double>(flow.preload.size() + flow.commands.size());
}

}  // namespace

std::vector<Row> shards(const Settings& settings) {
  const std::uint32_t count = settings.is_smoke ? 20'000 : 2'000'000;
  const Flow flow = FlowMaker(instruments, settings.is_smoke ? 2'000 : 100'000, count).make(count);
  const std::vector<Chunk> chunks = chunks_of(flow);
  const Pairs pairs = run_pairs(
      settings, true, [&] { return ns_per_command(flow, chunks, 2); },
      [&] { return ns_per_command(flow, chunks, 1); });
  const double gain = 1 / pairs.ratio();
  return {{.name = "shards_2",
           .unit = "ns/command",
           .ours = median(pairs.ours),
           .baseline = median(pairs.baseline),
           .figure = gain,
           .figure_text = "gain over one shard",
           .target = "at least 1.7",
           .is_reached = gain >= 1.7,
           .state = pairs.state,
           .note = "source, merge and sink on a third thread; " + std::to_string(pairs.thrown_away) +
                   " pairs thrown away"}};
}

}  // namespace tickweir::bench
