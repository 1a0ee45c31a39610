// Plugins, roles, outputs, cycles, event types: which pipelines are graphs, and how they are numbered.
#include <gtest/gtest.h>

#include "pipelines_by_hand.h"

namespace {

using namespace tickweir;
using namespace tickweir::by_hand;

Pipeline good() {
  Pipeline pipeline;
  pipeline.stage("out", "sink_fill", {"book.fills"})
      .stage("book", "transform_fill", {"pass", "other"})
      .stage("pass", "filter_pass", {"pair.orders"})
      .stage("pair", "source_pair")
      .stage("other", "source_one")
      .stage("late", "sink_any", {"book.rejects", "pair.beats"});
  return pipeline;
}

std::vector<std::string> ids(const Graph& graph) {
  std::vector<std::string> ids;
  for (const GraphStage& stage : graph.stages) ids.push_back(stage.id);
  return ids;
}

TEST(Wires, PutUpstreamFirstAndKeepTheOrderOfTheFileAmongEquals) {
  const Built built = build(good());
  ASSERT_TRUE(built.graph) << built.lines.front();
  EXPECT_EQ(ids(*built.graph), (Lines{"pair", "pass", "other", "book", "out", "late"}));
}

TEST(Wires, NameEdgesByOutputOnlyWhereThereAreSeveral) {
  const Built built = build(good());
  ASSERT_TRUE(built.graph);
  Lines names;
  for (const GraphEdge& edge : built.graph->edges) names.push_back(edge.name);
  EXPECT_EQ(names, (Lines{"pair.orders->pass", "pass->book", "other->book", "book.fills->out",
                          "book.rejects->late", "pair.beats->late"}));
}

TEST(Wires, ConnectOutputsToInputsBothWays) {
  const Built built = build(good());
  ASSERT_TRUE(built.graph);
  const Graph& graph = *built.graph;
  const GraphStage& pair = built.stage("pair");
  EXPECT_EQ(pair.output_names, (Lines{"orders", "beats"}));
  ASSERT_EQ(pair.outputs.size(), 2U);
  EXPECT_EQ(graph.edges[pair.outputs[1].at(0)].name, "pair.beats->late");
  EXPECT_EQ(built.stage("pass").output_names, Lines{""});
  EXPECT_TRUE(built.stage("out").outputs.empty());
  EXPECT_TRUE(pair.inputs.empty());
  const GraphStage& late = built.stage("late");
  ASSERT_EQ(late.inputs.size(), 2U);
  const GraphEdge& rejects = graph.edges[late.inputs[0]];
  EXPECT_EQ(graph.stages[rejects.from].id, "book");
  EXPECT_EQ(rejects.output, 1U);
  EXPECT_EQ(graph.stages[rejects.to].id, "late");
}

TEST(Wires, NumberSourcesAndVerdictsFromOne) {
  Plugins plugins = some_plugins();
  plugins.add(TICKWEIR_ROLE_FILTER, "filter_three", "*").reason_count = 3;
  plugins.add(TICKWEIR_ROLE_FILTER, "filter_two", "*").reason_count = 2;
  Pipeline pipeline;
  pipeline.stage("a", "source_one")
      .stage("f", "filter_three", {"a"})
      .stage("g", "filter_two", {"f"})
      .stage("b", "source_one")
      .stage("out", "sink_any", {"g", "b"});
  const Built built = build(pipeline, plugins);
  ASSERT_TRUE(built.graph);
  EXPECT_EQ(built.stage("a").source_number, 1U);
  EXPECT_EQ(built.stage("b").source_number, 2U);
  EXPECT_EQ(built.stage("f").source_number, 0U);
  EXPECT_EQ(built.stage("f").verdict_base, 1U);
  EXPECT_EQ(built.stage("g").verdict_base, 4U);
  EXPECT_EQ(built.stage("out").verdict_base, 6U);
}

TEST(Wires, HaveRoomFor254DropReasonsAndNoMore) {
  Plugins plugins = some_plugins();
  tickweir_plugin& many = plugins.add(TICKWEIR_ROLE_FILTER, "filter_many", "*");
  plugins.add(TICKWEIR_ROLE_FILTER, "filter_more", "*").reason_count = 54;
  Pipeline pipeline;
  pipeline.stage("a", "source_one")
      .stage("f", "filter_many", {"a"})
      .stage("g", "filter_more", {"f"})
      .stage("out", "sink_any", {"g"});
  many.reason_count = 200;
  EXPECT_TRUE(build(pipeline, plugins).graph);
  many.reason_count = 201;
  const Built built = build(pipeline, plugins);
  EXPECT_FALSE(built.graph);
  EXPECT_EQ(built.lines,
            Lines{"30:1 error: the stages up to \"g\" have 255 drop reasons; a pipeline has room "
                  "for 254 (split the pipeline in two)"});
}

TEST(Wires, RefuseAnUnknownPluginAndSuggestANearOne) {
  const Built built = build(Pipeline().stage("a", "source_onee").stage("out", "sink_any", {"a"}));
  EXPECT_FALSE(built.graph);
  EXPECT_EQ(built.lines, Lines{"11:1 error: unknown plugin \"source_onee\" (did you mean \"source_one\"?)"});
}

TEST(Wires, SayWhereTheySearchedForAPluginLikeNoOther) {
  const Built built = build(Pipeline().stage("a", "kafka").stage("out", "sink_any", {"a"}));
  EXPECT_EQ(built.lines, Lines{"11:1 error: unknown plugin \"kafka\" (searched /plugins, /more)"});
}

TEST(Wires, SayWhyAPluginCannotBeUsed) {
  Plugins plugins = some_plugins();
  PluginSource source = plugins.source();
  source.refused.emplace_back("source_old");
  source.names.emplace_back("source_torn");
  source.load = [&](const std::string& name) -> Result<const Plugin*> {
    if (name == "source_old" || name == "source_torn") return Error{"plugin " + name + " is refused: no"};
    return plugins.source().load(name);
  };
  Diagnostics diagnostics;
  const Pipeline pipeline =
      Pipeline().stage("a", "source_old").stage("b", "source_torn").stage("out", "sink_any", {"a", "b"});
  EXPECT_FALSE(build_graph(pipeline.config, source, two_cpus(), diagnostics));
  EXPECT_EQ(lines_of(diagnostics), (Lines{"11:1 error: plugin source_old is refused: no",
                                          "21:1 error: plugin source_torn is refused: no"}));
}

TEST(Wires, RefuseWhatARoleCannotDo) {
  const Built built = build(Pipeline()
                                .stage("a", "source_one", {"f"})
                                .stage("f", "filter_pass")
                                .stage("s", "sink_any", {"a"})
                                .stage("t", "sink_any", {"s"})
                                .stage("w", "wal_log"));
  EXPECT_FALSE(built.graph);
  EXPECT_EQ(
      built.lines,
      (Lines{
          "14:1 error: stage \"a\" is a source (source_one): it takes no inputs (remove its inputs)",
          "20:1 error: stage \"f\" is a filter (filter_pass): it needs at least one input (say what it "
          "reads, such as inputs: [STAGE])",
          "44:1 error: stage \"s\" is a sink (sink_any): nothing can be read from it (read what it reads "
          "instead)",
          "50:1 error: stage \"w\" is a wal (wal_log): it needs at least one input (say what it reads, such "
          "as inputs: [STAGE])"}));
}

TEST(Wires, AskWhichOutputWhereThereAreSeveral) {
  const Built built = build(Pipeline().stage("pair", "source_pair").stage("out", "sink_any", {"pair"}));
  EXPECT_EQ(built.lines,
            Lines{"24:1 error: stage \"pair\" has 2 outputs: orders, beats (say which: pair.orders or "
                  "pair.beats)"});
}

TEST(Wires, RefuseOutputsThatAreNotThere) {
  const Built built =
      build(Pipeline()
                .stage("pair", "source_pair")
                .stage("pass", "filter_pass", {"pair.orders"})
                .stage("watch", "transform_watch", {"pass"})
                .stage("out", "sink_any", {"pair.ordres", "pair.x", "pass.out", "watch", "watch.y"}));
  EXPECT_FALSE(built.graph);
  EXPECT_EQ(
      built.lines,
      (Lines{"44:1 error: stage \"pair\" has no output \"ordres\" (did you mean \"orders\"?)",
             "44:2 error: stage \"pair\" has no output \"x\" (its outputs are orders, beats)",
             "44:3 error: stage \"pass\" is a filter (filter_pass): its one output has no name (write pass)",
             "44:4 error: stage \"watch\" has no outputs (read what it reads instead)",
             "44:5 error: stage \"watch\" has no output \"y\" (it has no outputs)"}));
}

TEST(Wires, RefuseToReadOneOutputTwiceUnderTwoNames) {
  const Built built = build(Pipeline().stage("a", "source_one").stage("out", "sink_any", {"a", "a.orders"}));
  EXPECT_FALSE(built.graph);
  EXPECT_EQ(built.lines, Lines{"24:2 error: stage \"out\" reads \"a\" twice (remove one of the two)"});
}

TEST(Wires, AllowTwoOutputsOfOneStageIntoAnother) {
  EXPECT_TRUE(
      build(Pipeline().stage("p", "source_pair").stage("out", "sink_any", {"p.orders", "p.beats"})).graph);
}

TEST(Wires, NameTheWholeChainOfACycle) {
  const Built built = build(Pipeline()
                                .stage("s", "source_one")
                                .stage("a", "filter_pass", {"s", "c"})
                                .stage("b", "filter_pass", {"a"})
                                .stage("c", "filter_pass", {"b"})
                                .stage("out", "sink_any", {"c"}));
  EXPECT_FALSE(built.graph);
  EXPECT_EQ(built.lines,
            Lines{"24:2 error: events would go in a circle: a -> b -> c -> a (remove one of these "
                  "inputs)"});
}

TEST(Wires, RefuseAStageThatReadsItself) {
  const Built built = build(Pipeline()
                                .stage("s", "source_one")
                                .stage("a", "filter_pass", {"s", "a"})
                                .stage("out", "sink_any", {"a"}));
  EXPECT_EQ(built.lines,
            Lines{"24:2 error: events would go in a circle: a -> a (remove one of these inputs)"});
}

TEST(Wires, FollowAVeryLongChain) {
  Pipeline pipeline;
  pipeline.stage("s0", "source_one");
  for (int i = 1; i < 5000; ++i) {
    pipeline.stage("s" + std::to_string(i), "filter_pass", {"s" + std::to_string(i - 1)});
  }
  pipeline.stage("out", "sink_any", {"s4999"});
  EXPECT_TRUE(build(pipeline).graph);
}

TEST(Wires, RefuseAnEdgeThatCarriesNothingItsReaderAccepts) {
  const Built built = build(Pipeline()
                                .stage("pair", "source_pair")
                                .stage("book", "transform_fill", {"pair.beats"})
                                .stage("out", "sink_any", {"book.fills"}));
  EXPECT_FALSE(built.graph);
  EXPECT_EQ(built.lines,
            Lines{"24:1 error: \"pair.beats\" carries Beat; stage \"book\" (transform_fill) accepts "
                  "Order, Cancel"});
}

TEST(Wires, SeeThroughFiltersWhatAnEdgeCarries) {
  const Built built = build(Pipeline()
                                .stage("pair", "source_pair")
                                .stage("f", "filter_order", {"pair.orders"})
                                .stage("g", "filter_pass", {"f", "pair.beats"})
                                .stage("out", "sink_fill", {"g"}));
  EXPECT_FALSE(built.graph);
  EXPECT_EQ(built.lines,
            Lines{"44:1 error: \"g\" carries Order, Cancel, Beat; stage \"out\" (sink_fill) accepts "
                  "Fill, Bundle"});
}

TEST(Wires, SayAMismatchOnceAndNotAgainDownstream) {
  const Built built = build(Pipeline()
                                .stage("pair", "source_pair")
                                .stage("f", "filter_order", {"pair.beats"})
                                .stage("out", "sink_fill", {"f"}));
  EXPECT_EQ(built.lines,
            Lines{"24:1 error: \"pair.beats\" carries Beat; stage \"f\" (filter_order) accepts Order"});
}

TEST(Wires, LetAnyEventGoAnywhere) {
  EXPECT_TRUE(build(Pipeline().stage("s", "source_any").stage("out", "sink_fill", {"s"})).graph);
}

TEST(Wires, WarnOfSourcesAndFiltersThatNobodyReads) {
  const Built built = build(Pipeline()
                                .stage("pair", "source_pair")
                                .stage("f", "filter_pass", {"pair.orders"})
                                .stage("t", "transform_fill", {"pair.orders"})
                                .stage("s", "source_one"));
  EXPECT_TRUE(built.graph);
  EXPECT_EQ(built.lines,
            (Lines{"20:1 warning: nobody reads stage \"f\": its events go nowhere (name it in another "
                   "stage's inputs, or remove it)",
                   "40:1 warning: nobody reads stage \"s\": its events go nowhere (name it in another "
                   "stage's inputs, or remove it)"}));
}

TEST(Wires, MakeNoGraphOfWhatCouldNotAllBeRead) {
  Plugins plugins = some_plugins();
  const Pipeline pipeline =
      Pipeline().thread("idle").stage("a", "source_one").stage("out", "sink_any", {"a"});
  Diagnostics diagnostics;
  diagnostics.error(at(1), "found while the file was read");
  EXPECT_FALSE(build_graph(pipeline.config, plugins.source(), two_cpus(), diagnostics));
  // Nor is there a word on the thread: a stage that could not be read may name it.
  EXPECT_EQ(lines_of(diagnostics), Lines{"1:1 error: found while the file was read"});
}

TEST(Wires, ShowAllErrorsInOnePass) {
  const Built built = build(Pipeline()
                                .thread("t", {7})
                                .stage("a", "source_two")
                                .stage("b", "filter_pass", {"a", "c"})
                                .stage("c", "filter_pass", {"b"})
                                .stage("d", "sink_any"));
  EXPECT_FALSE(built.graph);
  EXPECT_EQ(built.lines.size(), 5U);  // plugin, cycle, no inputs, CPU, and the warning of the idle thread
}

}  // namespace
