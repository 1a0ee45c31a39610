// Saved state: what a stage does after a load is what it would have done without, to the last byte; and bytes
// that were damaged are refused or do no harm.
#include <algorithm>
#include <random>

#include "bare_stage.h"
#include "cases.h"
#include "market_stream.h"
#include "outcome.h"
#include "tickweir/testing_random.h"

namespace tickweir::contract {
namespace {

using testing::Harness;

bool has_state(const tickweir_plugin& plugin) {
  return plugin.state != nullptr && plugin.state->save != nullptr;
}

class SavedState : public OnePlugin {
 protected:
  // What it has done stands in a file of its own, and two may not write to it.
  [[nodiscard]] bool is_sink() const { return plugin().role == TICKWEIR_ROLE_SINK; }
  // A stage so large that making hundreds of it takes minutes.
  [[nodiscard]] static bool is_large() {
    return GetParam().plugin == "transform_order_book" && GetParam().label == "defaults";
  }
  [[nodiscard]] Harness fresh() const { return Harness(file(), options()); }
};

Events part(std::size_t from, std::size_t to, const Events& stream = market_stream()) {
  return {stream.begin() + static_cast<std::ptrdiff_t>(from),
          stream.begin() + static_cast<std::ptrdiff_t>(to)};
}

void forget_outputs(Harness& stage) {
  const tickweir_plugin& plugin = stage.plugin();
  for (std::uint32_t i = 0; i < plugin.output_count; ++i) (void)stage.take(plugin.outputs[i].name);
}

// What came out after `before`.
Outcome since(const Outcome& before, Outcome all) {
  for (auto& [name, events] : all.outputs) {
    const auto gone = static_cast<std::ptrdiff_t>(before.outputs.at(name).size());
    events.erase(events.begin(), events.begin() + gone);
  }
  all.verdicts.erase(all.verdicts.begin(),
                     all.verdicts.begin() + static_cast<std::ptrdiff_t>(before.verdicts.size()));
  all.passed.erase(all.passed.begin(),
                   all.passed.begin() + static_cast<std::ptrdiff_t>(before.passed.size()));
  for (auto& [name, value] : all.counters) value -= before.counters.at(name);  // of this process
  return all;
}

// What a restart with a snapshot keeps of a stage: its saved state, or nothing, if it says that it has none.
std::string kept(const Harness& stage) {
  return has_state(stage.plugin()) ? stage.save() : "";
}
void start_from(Harness& stage, const std::string& saved) {
  if (has_state(stage.plugin())) stage.load(saved);
}

// Also of stages that save nothing: then what they do must not depend on what they have seen.
TEST_P(SavedState, GoesOnAsIfNothingHadHappened) {
  if (is_sink()) GTEST_SKIP() << "it emits nothing";
  Harness whole = fresh();
  const std::size_t end = market_stream().size();
  std::size_t at = 0;
  for (const std::size_t next : {std::size_t{0}, std::size_t{1}, end / 7, end / 2, end - 1, end}) {
    whole.push(part(at, next));
    at = next;
    const std::string saved = kept(whole);
    EXPECT_EQ(kept(whole), saved) << "saving is not repeatable";
    Harness loaded = fresh();
    start_from(loaded, saved);
    ASSERT_EQ(kept(loaded), saved) << "saved after " << at << " events and loaded";
    Harness undisturbed = fresh();
    undisturbed.push(part(0, at));
    const Outcome before = outcome_of(undisturbed, "", ~std::size_t{0});
    for (Harness* stage : {&loaded, &undisturbed}) {
      stage->push(part(at, end));
      stage->drain();
    }
    expect_same(since(before, outcome_of(undisturbed, "", ~std::size_t{0})),
                since(outcome_of(fresh(), "", ~std::size_t{0}), outcome_of(loaded, "", ~std::size_t{0})));
    EXPECT_EQ(kept(loaded), kept(undisturbed)) << "after " << at << " events, a load, and the rest";
  }
}

// From each event to the next. What is the same after one step and saves the same bytes stays the same, so
// the steps together say: a snapshot at any event and the replay of the rest equal the replay from zero.
// TICKWEIR_EFFORT=100 looks at every event of the stream instead of at every hundredth (thousandth, under a
// sanitizer).
TEST_P(SavedState, GoesOnFromAnyEventToTheNext) {
  if (is_sink()) GTEST_SKIP() << "it emits nothing";
  Harness whole = fresh();
  if (is_large()) GTEST_SKIP() << "its smaller ways stand for it";
  const std::size_t stride =
      (testing::is_sanitized ? 1000 : 100) / std::clamp<std::size_t>(testing::effort(), 1, 100);
  const Events& stream = long_market_stream();
  const std::size_t end = stream.size();
  ASSERT_GE(end, 10'000U);
  std::size_t points = 0;
  for (std::size_t at = 0; at < end; at += stride, ++points) {
    Harness loaded = fresh();
    start_from(loaded, kept(whole));
    forget_outputs(whole);
    const Outcome before = outcome_of(whole, "", 0);
    const Events next = part(at, at + 1, stream);
    whole.push(next);
    loaded.push(next);
    expect_same(since(before, outcome_of(whole, "", ~std::size_t{0})),
                since(outcome_of(fresh(), "", 0), outcome_of(loaded, "", ~std::size_t{0})));
    ASSERT_EQ(kept(loaded), kept(whole)) << "at event " << at;
    ASSERT_FALSE(HasFailure()) << "at event " << at;
    whole.push(part(std::min(at + 1, end), std::min(at + stride, end), stream));
  }
  RecordProperty("points", static_cast<int>(points));
}

// False: refused.
bool loads(Harness& stage, const std::string& bytes) {
  try {
    stage.load(bytes);
  } catch (const testing::StageError&) {
    return false;
  } catch (const testing::ContractError&) {  // bytes left over, or a stage that says it holds what never came
    return false;
  }
  return true;
}

TEST_P(SavedState, RefusesEveryStateThatIsCutShort) {
  Harness whole = fresh();
  if (!has_state(whole.plugin())) GTEST_SKIP() << "it saves no state";
  if (is_large()) GTEST_SKIP() << "its smaller ways stand for it";
  whole.push(part(0, 300));
  const std::string saved = whole.save();
  const std::size_t step = std::max<std::size_t>(1, saved.size() / 400);
  for (std::size_t length = 0; length < saved.size(); length += length < 200 ? 1 : step) {
    Harness stage = fresh();
    ASSERT_FALSE(loads(stage, saved.substr(0, length))) << length << " of " << saved.size() << " bytes";
  }
}

TEST_P(SavedState, IsSafeWhateverByteIsFlipped) {
  Harness whole = fresh();
  if (!has_state(whole.plugin())) GTEST_SKIP() << "it saves no state";
  if (is_large()) GTEST_SKIP() << "its smaller ways stand for it";
  whole.push(part(0, 300));
  const std::string saved = whole.save();
  std::mt19937_64 random(7);
  for (int round = 0; round < testing::rounds(300); ++round) {
    std::string damaged = saved;
    const std::size_t at =
        round < 100 ? static_cast<std::size_t>(round) % saved.size() : random() % saved.size();
    damaged[at] = static_cast<char>(damaged[at] ^ (round % 3 == 0 ? 0xFF : 1 << random() % 8));
    Harness stage = fresh();
    if (!loads(stage, damaged)) continue;
    try {
      stage.push(part(300, 400));  // it may tell other things, but it must live
      stage.drain();
    } catch (const testing::ContractError&) {  // held events that never came
    }
  }
}

TEST_P(SavedState, IsWrittenWithoutAnAllocation) {
  if (!allocations_are_counted) GTEST_SKIP() << "a sanitizer has its own malloc";
  if (!has_state(fresh().plugin())) GTEST_SKIP() << "it saves no state";
  BareStage stage(file(), options(), 0, 256);
  stage.start();
  for (std::size_t at = 0; at < 3000; stage.emitter_hand_over()) at += stage.work(market_stream(), at);
  EXPECT_EQ(stage.save(), 0U) << "a forked child saves, and must not take the allocator's lock";
  stage.stop();
}

INSTANTIATE_TEST_SUITE_P(Plugins, SavedState, ::testing::ValuesIn(takers()), test_name);

}  // namespace
}  // namespace tickweir::contract
