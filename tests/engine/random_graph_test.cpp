// Random graphs on random threads against a single-threaded model: same events, same books.
#include <algorithm>
#include <array>
#include <random>

#include <gtest/gtest.h>

#include "graph_maker.h"
#include "runtime/engine/engine.h"
#include "test_stages.h"
#include "tickweir/testing_random.h"

namespace tickweir::test {
namespace {

struct ModelStage {
  std::vector<std::vector<Seen>> outputs;  // per output
  std::vector<Seen> received;
  std::uint64_t dropped = 0;
};

std::int64_t parameter_of(const GraphStage& stage) {
  return stage.options.values.front().integer;
}

void model_source(const GraphStage& stage, ModelStage& result) {
  for (std::uint64_t value = 0; value < static_cast<std::uint64_t>(parameter_of(stage)); ++value) {
    result.outputs[0].push_back({make_origin(stage.source_number, value + 1), value, 0});
  }
}

void model_filter(const GraphStage& stage, ModelStage& result) {
  for (Seen seen : result.received) {
    seen.path = seen.path * 31 + 1;
    if (is_refused(seen.value, parameter_of(stage))) {
      ++result.dropped;
    } else {
      result.outputs[0].push_back(seen);
    }
  }
}

void model_splitter(const GraphStage& stage, ModelStage& result) {
  for (const Seen& seen : result.received) {
    if (!is_of_shard(seen.value, stage.shard, stage.shard_count)) continue;
    for (std::uint32_t output = 0; output < 2; ++output) {
      for (std::uint64_t copy = 0; copy < copies(seen.value, output, parameter_of(stage)); ++copy) {
        result.outputs[output].push_back({seen.origin, seen.value, seen.path * 31 + 2 + output});
      }
    }
  }
}

void model_merge(const Graph& graph, const GraphStage& stage, std::vector<ModelStage>& model,
                 ModelStage& result) {
  for (const std::uint32_t edge : stage.inputs) {
    const std::uint32_t output = graph.edges[edge].output;
    const auto& sent = model[graph.edges[edge].from].outputs[output];
    result.outputs[output].insert(result.outputs[output].end(), sent.begin(), sent.end());
  }
}

// What each stage receives and sends when everything runs one after the other.
std::vector<ModelStage> run_model(const Graph& graph) {
  std::vector<ModelStage> model(graph.stages.size());
  for (std::size_t i = 0; i < graph.stages.size(); ++i) {
    const GraphStage& stage = graph.stages[i];
    model[i].outputs.resize(stage.outputs.size());
    for (const std::uint32_t edge : stage.inputs) {
      const auto& sent = model[graph.edges[edge].from].outputs[graph.edges[edge].output];
      model[i].received.insert(model[i].received.end(), sent.begin(), sent.end());
    }
    switch (stage.plugin->table->role) {
      case TICKWEIR_ROLE_SOURCE:
        model_source(stage, model[i]);
        break;
      case TICKWEIR_ROLE_FILTER:
        model_filter(stage, model[i]);
        break;
      case TICKWEIR_ROLE_TRANSFORM:
        if (stage.part == StagePart::merge) {
          model_merge(graph, stage, model, model[i]);
        } else {
          model_splitter(stage, model[i]);
        }
        break;
      default:
        break;
    }
  }
  return model;
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::uint32_t roll(std::uint32_t from, std::uint32_t to) {
    return from + static_cast<std::uint32_t>(engine_() % (to - from + 1));
  }

 private:
  std::mt19937_64 engine_;
};

// Sources first, then filters and splitters, some of them sharded, that read from anything earlier, then
// sinks on every loose end.
void fill_random(GraphMaker& maker, Dice& dice, std::uint32_t thread_count) {
  std::vector<From> ends;  // outputs so far
  const auto any_thread = [&] { return dice.roll(0, thread_count - 1); };
  const auto pick_inputs = [&] {
    std::vector<From> inputs;
    for (std::uint32_t count = dice.roll(1, 3); inputs.size() < count;) {
      From from = ends[dice.roll(0, static_cast<std::uint32_t>(ends.size()) - 1)];
      from.capacity = dice.roll(1, 5);
      const bool is_new = std::ranges::none_of(inputs, [&](const From& other) {
        return other.stage == from.stage && other.output == from.output;
      });
      if (!is_new) break;
      inputs.push_back(from);
    }
    return inputs;
  };
  for (std::uint32_t i = 0, count = dice.roll(1, 3); i < count; ++i) {
    ends.push_back(
        {maker.add("source" + std::to_string(i), source_plugin(), any_thread(), {}, dice.roll(0, 800))});
  }
  for (std::uint32_t i = 0, count = dice.roll(0, 5); i < count; ++i) {
    const bool is_filter = dice.roll(0, 1) == 0;
    const std::vector<From> inputs = pick_inputs();
    const std::uint32_t stage =
        maker.add("middle" + std::to_string(i), is_filter ? filter_plugin() : splitter_plugin(), any_thread(),
                  inputs, dice.roll(0, 4));
    if (!is_filter && inputs.size() == 1) maker.shard(stage, dice.roll(0, 3));
    ends.push_back({stage, 0});
    if (!is_filter) ends.push_back({stage, 1});
  }
  for (std::uint32_t i = 0, count = dice.roll(1, 3); i < count; ++i) {
    maker.add("sink" + std::to_string(i), sink_plugin(), any_thread(), pick_inputs());
  }
}

void expect_like_model(const Graph& graph, const RunReport& report) {
  const auto model = run_model(graph);
  for (std::size_t i = 0; i < graph.stages.size(); ++i) {
    const GraphStage& stage = graph.stages[i];
    EXPECT_EQ(report.stages[i].received, model[i].received.size()) << stage.id;
    EXPECT_EQ(report.stages[i].held, 0U) << stage.id;
    std::uint64_t dropped = 0;
    for (const auto& [reason, events] : report.stages[i].dropped) dropped += events;
    EXPECT_EQ(dropped, model[i].dropped) << stage.id;
    if (stage.plugin->table->role != TICKWEIR_ROLE_SINK) continue;
    auto expected = model[i].received;
    auto seen = Witness::get().of(stage.id);
    const bool is_one_path = stage.inputs.size() == 1;
    std::ranges::sort(expected);
    std::ranges::sort(seen);
    EXPECT_EQ(seen, expected) << stage.id << (is_one_path ? " (one input)" : "");
  }
}

void run_random(std::uint64_t seed) {
  Dice dice(seed);
  constexpr std::array waits{WaitMode::spin, WaitMode::adaptive, WaitMode::block};
  const std::uint32_t thread_count = dice.roll(1, 4);
  GraphMaker maker(thread_count, waits[dice.roll(0, 2)]);
  fill_random(maker, dice, thread_count);
  Graph& graph = maker.finish();
  graph.config.batch_events_max = dice.roll(1, 64);
  graph.config.batch_bytes_max = 4096;

  Witness::get().clear();
  auto engine = Engine::create(graph, {});
  ASSERT_TRUE(engine);
  ASSERT_TRUE(engine.value()->start());
  ASSERT_TRUE(engine.value()->wait());
  const RunReport report = engine.value()->report();
  EXPECT_TRUE(report.balanced) << report.imbalance;
  expect_like_model(graph, report);
}

TEST(RandomGraphs, GiveTheEventsAndBooksOfTheSingleThreadedModel) {
  for (std::uint64_t seed = testing::seed(); seed < testing::seed() + testing::rounds(150U); ++seed) {
    SCOPED_TRACE("TICKWEIR_SEED=" + std::to_string(seed));
    run_random(seed);
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

}  // namespace
}  // namespace tickweir::test
