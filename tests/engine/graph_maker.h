// Builds a Graph by hand for engine tests, without files or plugins on disk.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/graph/graph.h"

namespace tickweir::test {

struct From {
  std::uint32_t stage = 0;
  std::uint32_t output = 0;
  std::uint32_t capacity = 4;
  WhenFull when_full = WhenFull::block;
};

class GraphMaker {
 public:
  explicit GraphMaker(std::uint32_t threads, WaitMode wait = WaitMode::adaptive);

  // Stages are added upstream first. Returns the stage's index.
  std::uint32_t add(const std::string& id, const Plugin& plugin, std::uint32_t thread,
                    const std::vector<From>& inputs = {}, std::int64_t parameter = 0);
  // The stage runs as so many shards, each on a thread of its own. It has one input. finish() renumbers.
  void shard(std::uint32_t stage, std::uint32_t count) { graph_.stages[stage].shard_count = count; }
  // The graph with shards in their places and its edge kinds chosen.
  Graph& finish();
  Graph& graph() { return graph_; }

 private:
  Graph graph_;
};

}  // namespace tickweir::test
