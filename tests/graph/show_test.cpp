// How a graph is shown: one graph in every form, byte for byte.
#include <gtest/gtest.h>

#include "files.h"
#include "pipelines_by_hand.h"
#include "runtime/graph/show.h"

namespace {

using namespace tickweir;
using namespace tickweir::files;

class Shown : public testing::Test {
 protected:
  Shown() {
    if (!exchange_.graph) ADD_FAILURE() << exchange_.said;
  }
  fs::path folder_ = test_dir() / "shown";
  Outcome exchange_ = build(folder_, "exchange.yaml");
};

TEST_F(Shown, AsText) {
  expect_as_in(folder_ / "exchange.txt", graph_as_text(*exchange_.graph));
}
TEST_F(Shown, AsLayout) {
  expect_as_in(folder_ / "exchange.layout", layout_as_text(*exchange_.graph));
}
TEST_F(Shown, AsDot) {
  expect_as_in(folder_ / "exchange.dot", graph_as_dot(*exchange_.graph));
}
TEST_F(Shown, AsMermaid) {
  expect_as_in(folder_ / "exchange.mmd", graph_as_mermaid(*exchange_.graph));
}
TEST_F(Shown, AsJson) {
  expect_as_in(folder_ / "exchange.json", graph_as_json(*exchange_.graph).dump(2) + "\n");
}

TEST_F(Shown, WithoutSecretsInAnyForm) {
  const Graph& graph = *exchange_.graph;
  for (const std::string& text : {graph_as_text(graph), layout_as_text(graph), graph_as_dot(graph),
                                  graph_as_mermaid(graph), graph_as_json(graph).dump()}) {
    EXPECT_EQ(text.find("hush"), std::string::npos) << text;
  }
}

// Logs: what each loses, which one a stage waits for.
TEST(ShownLogs, InEveryForm) {
  const fs::path folder = test_dir() / "shown";
  const Outcome durable = build(folder, "durable.yaml");
  ASSERT_TRUE(durable.graph) << durable.said;
  expect_as_in(folder / "durable.txt", graph_as_text(*durable.graph));
  expect_as_in(folder / "durable.layout", layout_as_text(*durable.graph));
  expect_as_in(folder / "durable.dot", graph_as_dot(*durable.graph));
  expect_as_in(folder / "durable.mmd", graph_as_mermaid(*durable.graph));
  expect_as_in(folder / "durable.json", graph_as_json(*durable.graph).dump(2) + "\n");
}

// Shards: in the place of one stage several, on threads of their own, and what merges them.
TEST(ShownShards, InEveryForm) {
  const fs::path folder = test_dir() / "shown";
  const Outcome sharded = build(folder, "sharded.yaml");
  ASSERT_TRUE(sharded.graph) << sharded.said;
  expect_as_in(folder / "sharded.layout", layout_as_text(*sharded.graph));
  expect_as_in(folder / "sharded.mmd", graph_as_mermaid(*sharded.graph));
  expect_as_in(folder / "sharded.json", graph_as_json(*sharded.graph).dump(2) + "\n");
}

// Names that the loader refuses today, so that a laxer one tomorrow cannot break the drawings.
TEST(ShownNames, AreEscapedForEachForm) {
  by_hand::Pipeline pipeline;
  pipeline.stage("a\"b\\", "source_one").stage("<c>&#`", "sink_any", {"a\"b\\"});
  pipeline.config.name = "x\"\n";
  const by_hand::Built built = by_hand::build(pipeline);
  ASSERT_TRUE(built.graph);
  const std::string dot = graph_as_dot(*built.graph);
  EXPECT_NE(dot.find("digraph \"x\\\"\\\\n\" {"), std::string::npos) << dot;
  EXPECT_NE(dot.find("[label=\"a\\\"b\\\\\\nsource_one\"]"), std::string::npos) << dot;
  const std::string mermaid = graph_as_mermaid(*built.graph);
  EXPECT_NE(mermaid.find("[\"a#quot;b\\<br/>source_one\"]"), std::string::npos) << mermaid;
  EXPECT_NE(mermaid.find("[\"#lt;c#gt;#amp;#35;#96;<br/>sink_any\"]"), std::string::npos) << mermaid;
}

}  // namespace
