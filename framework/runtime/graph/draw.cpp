// A graph for drawing programs: dot and mermaid. See show.h.
#include "runtime/config/shown_text.h"
#include "runtime/graph/show.h"

namespace tickweir {
namespace {

std::string box(std::uint32_t stage) {
  return "s" + std::to_string(stage);
}

// Inside "..." of dot: quotes and backslashes escaped.
std::string dot_text(const std::string& text) {
  std::string escaped;
  for (const char letter : shown(text)) {
    if (letter == '"' || letter == '\\') escaped += '\\';
    escaped += letter;
  }
  return escaped;
}

// Inside "..." of mermaid: its own entities for what it or HTML would read as markup.
std::string mermaid_text(const std::string& text) {
  std::string escaped;
  for (const char letter : shown(text)) {
    switch (letter) {
      case '"':
        escaped += "#quot;";
        break;
      case '#':
        escaped += "#35;";
        break;
      case '&':
        escaped += "#amp;";
        break;
      case '<':
        escaped += "#lt;";
        break;
      case '>':
        escaped += "#gt;";
        break;
      case '`':
        escaped += "#96;";
        break;
      default:
        escaped += letter;
    }
  }
  return escaped;
}

// "trades, ring 64", "call"
std::string edge_label(const Graph& graph, const GraphEdge& edge) {
  const GraphStage& from = graph.stages[edge.from];
  std::string label = from.output_names.size() > 1 ? from.output_names[edge.output] + ", " : "";
  label += edge_kind_name(edge.kind);
  if (edge.kind != EdgeKind::call) label += " " + std::to_string(edge.capacity);
  if (edge.kind != EdgeKind::call && edge.when_full != WhenFull::block) {
    label.append(", ").append(when_full_name(edge.when_full));
  }
  return label;
}

}  // namespace

std::string graph_as_dot(const Graph& graph) {
  std::string dot = "digraph \"" + dot_text(graph.config.name) + "\" {\n  rankdir=LR;\n  node [shape=box];\n";
  for (std::size_t i = 0; i < graph.threads.size(); ++i) {
    const GraphThread& thread = graph.threads[i];
    dot += "  subgraph cluster_" + std::to_string(i) + " {\n    label=\"" + dot_text(thread.name) + "\";\n";
    for (const std::uint32_t stage : thread.stages) {
      dot += "    " + box(stage) + " [label=\"" + dot_text(graph.stages[stage].id) + "\\n" +
             dot_text(graph.stages[stage].plugin->table->name) + "\"];\n";
    }
    dot += "  }\n";
  }
  for (const GraphEdge& edge : graph.edges) {
    dot += "  " + box(edge.from) + " -> " + box(edge.to) + " [label=\"" + dot_text(edge_label(graph, edge)) +
           "\"];\n";
  }
  return dot + "}\n";
}

std::string graph_as_mermaid(const Graph& graph) {
  std::string mermaid = "flowchart LR\n";
  for (std::size_t i = 0; i < graph.threads.size(); ++i) {
    const GraphThread& thread = graph.threads[i];
    mermaid += "  subgraph t" + std::to_string(i) + " [\"" + mermaid_text(thread.name) + "\"]\n";
    for (const std::uint32_t stage : thread.stages) {
      mermaid += "    " + box(stage) + "[\"" + mermaid_text(graph.stages[stage].id) + "<br/>" +
                 mermaid_text(graph.stages[stage].plugin->table->name) + "\"]\n";
    }
    mermaid += "  end\n";
  }
  for (const GraphEdge& edge : graph.edges) {
    mermaid += "  " + box(edge.from) + " -->|\"" + mermaid_text(edge_label(graph, edge)) + "\"| " +
               box(edge.to) + "\n";
  }
  return mermaid;
}

}  // namespace tickweir
