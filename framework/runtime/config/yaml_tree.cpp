// Builds the tree from the library's events, so that nothing of the library's own tree, with its aliases
// and its silence about duplicate keys, is ever used.
#include "runtime/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "runtime/config/shown_text.h"
#include "runtime/config/yaml_text.h"
#include "tickweir/planted_bug.h"

namespace tickweir {
namespace {

struct Stop {};  // thrown once the rest of the file means nothing

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, const std::string& text, Diagnostics& diagnostics)
      : file_(file), text_(text), diagnostics_(diagnostics) {}

  [[nodiscard]] std::optional<Tree> take() { return std::move(root_); }

  // Reports what the library complains about, where the cause is rather than where it gave up.
  void report(const YAML::Exception& exception) {
    SyntaxText said = syntax_text(exception.msg);
    Place at = place(exception.mark, 1);
    const std::size_t end = std::min(offset(exception.mark), text_.size());
    const std::size_t line = end == 0 ? 0 : text_.rfind('\n', end - 1) + 1;
    const std::size_t indentation = text_.find_first_not_of(" \t", line);
    const std::size_t tab = text_.find('\t', line);
    if (tab < std::min(indentation, text_.size())) {
      said = syntax_text(YAML::ErrorMsg::TAB_IN_INDENTATION);
      at.column = tab - line + 1;
    } else if (const Open* open = open_bracket(); open != nullptr && bracket_missed(exception)) {
      if (text_.substr(line, end - line + 1).find("${") != std::string::npos) {
        said.help = "between brackets or braces, put a text with ${...} in quotes";
      } else if (end < text_.size()) {
        said.message += " before " + std::to_string(at.line) + ":" + std::to_string(at.column);
      }
      at = open->tree.place;
    }
    diagnostics_.error(at, said.message, said.help);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    const std::size_t at = offset(mark);
    if (at >= text_.size() || text_.compare(at, 3, "---") == 0 || documents_before(at)) {
      diagnostics_.error(place(mark, 3), "a second document", "a pipeline file has one; split the file");
    } else {
      diagnostics_.error(place(mark, 1), "the YAML ends before this",
                         "put a text that starts with this in quotes");
    }
    throw Stop{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Tree tree;
    tree.place = place(mark, 1);
    refuse_extras(tree, mark, {}, anchor);
    if (!open_.empty() && !at_key()) {
      const Open& open = open_.back();
      const Place& nearest = open.tree.shape == Shape::map ? open.key.place : open.tree.place;
      if (nearest.line != tree.place.line || open.tree.shape == Shape::map) tree.place = nearest;
    }
    add(std::move(tree));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Tree tree;
    tree.shape = Shape::refused;
    tree.place = place(mark, 1);
    const SyntaxText text = syntax_text(YAML::ErrorMsg::UNKNOWN_ANCHOR);
    if (!TICKWEIR_BUG("alias accepted")) diagnostics_.error(tree.place, text.message, text.help);
    add(std::move(tree));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const ScalarSource source = scalar_source(text_, offset(mark), value);
    Tree tree;
    tree.shape = Shape::scalar;
    tree.place = place(mark, source.length);
    tree.text = value;
    tree.quoted = source.quoted;
    if (!source.closed) {
      diagnostics_.error(tree.place, "the quotes that start here are not closed");
      throw Stop{};
    }
    refuse_extras(tree, mark, tag, anchor);
    add(std::move(tree));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    enter(Shape::list, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { leave(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    enter(Shape::map, mark, tag, anchor, style);
  }
  void OnMapEnd() override { leave(); }

 private:
  // A list or map that is being read.
  struct Open {
    Tree tree;
    bool bracket = false;
    bool want_key = true;
    bool keep = true;  // false: the key was refused, its value is dropped
    Located<std::string> key{};
    std::map<std::string, std::size_t> lines{};  // of the keys so far
  };

  [[nodiscard]] const Open* open_bracket() const {
    const auto open = std::find_if(open_.rbegin(), open_.rend(), [](const Open& o) { return o.bracket; });
    return open == open_.rend() ? nullptr : &*open;
  }
  [[nodiscard]] static bool bracket_missed(const YAML::Exception& exception) {
    return exception.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW ||
           exception.msg == YAML::ErrorMsg::END_OF_MAP_FLOW;
  }
  [[nodiscard]] static std::size_t offset(const YAML::Mark& mark) {
    return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
  }
  [[nodiscard]] Place place(const YAML::Mark& mark, std::size_t length) const {
    if (mark.line < 0) return {file_};
    return {file_, static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1,
            length};
  }
  [[nodiscard]] bool documents_before(std::size_t at) const {
    return text_.rfind("\n---", at) != std::string::npos || text_.rfind("\n...", at) != std::string::npos;
  }
  [[nodiscard]] bool at_key() const {
    return !open_.empty() && open_.back().tree.shape == Shape::map && open_.back().want_key;
  }

  void refuse_extras(Tree& tree, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const std::size_t at = offset(mark);
    const bool marked = at < text_.size() && text_[at] == '!';
    if (anchor != 0) {
      diagnostics_.error(place(mark, 1), "anchors (\"&name\") are not allowed",
                         "write the value out, or use vars and ${var:name}");
    } else if (marked && !tag.empty()) {
      diagnostics_.error(place(mark, 1), "tags (\"!name\") are not allowed", "remove the tag");
    } else {
      return;
    }
    tree.shape = tree.shape == Shape::empty || tree.shape == Shape::scalar ? Shape::refused : tree.shape;
  }

  void enter(Shape shape, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
             YAML::EmitterStyle::value style) {
    Open open;
    open.tree.shape = shape;
    open.tree.place = place(mark, 1);
    open.bracket = style == YAML::EmitterStyle::Flow;
    refuse_extras(open.tree, mark, tag, anchor);
    if (open_.size() == yaml_depth_max) {
      diagnostics_.error(open.tree.place,
                         "lists and maps nested more than " + std::to_string(yaml_depth_max) + " deep");
      throw Stop{};
    }
    open_.push_back(std::move(open));
  }

  void leave() {
    Tree tree = std::move(open_.back().tree);
    open_.pop_back();
    add(std::move(tree));
  }

  void add(Tree tree) {
    if (++values_ > yaml_values_max) {
      diagnostics_.error(tree.place, "more than " + std::to_string(yaml_values_max) + " values in one file");
      throw Stop{};
    }
    if (open_.empty()) {
      root_ = std::move(tree);
      return;
    }
    Open& open = open_.back();
    if (open.tree.shape == Shape::list) {
      open.tree.items.push_back(std::move(tree));
    } else if (open.want_key) {
      open.want_key = false;
      take_key(open, tree);
    } else {
      open.want_key = true;
      if (!open.keep) return;
      open.tree.keys.push_back(std::move(open.key));
      open.tree.items.push_back(std::move(tree));
    }
  }

  bool can_be_key(const Tree& tree) {
    if (tree.shape == Shape::refused) return false;
    if (tree.shape != Shape::scalar) {
      diagnostics_.error(tree.place, "a key must be a text, not " + name_of(tree.shape));
      return false;
    }
    if (tree.text == "<<" && !tree.quoted) {
      diagnostics_.error(tree.place, "merge keys (\"<<\") are not allowed",
                         "write the values out, or use include");
      return false;
    }
    return true;
  }

  void take_key(Open& open, const Tree& tree) {
    open.keep = false;
    open.key = {tree.text, tree.place};
    if (!can_be_key(tree)) {
      open.tree.complete = false;
      return;
    }
    const auto [first, is_new] = open.lines.emplace(tree.text, tree.place.line);
    if (!is_new) {
      diagnostics_.error(tree.place, "duplicate key " + in_quotes(tree.text),
                         "it is already on line " + std::to_string(first->second) + "; remove one of them");
      return;
    }
    open.keep = true;
  }

  const std::string& file_;
  const std::string& text_;
  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::optional<Tree> root_;
  std::size_t documents_ = 0;
  std::size_t values_ = 0;
};

}  // namespace

const Tree* Tree::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].value == key) return &items[i];
  }
  return nullptr;
}

Tree* Tree::find(std::string_view key) {
  return const_cast<Tree*>(std::as_const(*this).find(key));
}

std::string name_of(Shape shape) {
  switch (shape) {
    case Shape::scalar:
      return "a text";
    case Shape::list:
      return "a list";
    case Shape::map:
      return "a map";
    default:
      return "nothing";
  }
}

std::optional<Tree> parse_yaml(const std::string& file, const std::string& text, Diagnostics& diagnostics) {
  if (!check_text(file, text, diagnostics)) return std::nullopt;
  std::istringstream stream(text);
  TreeBuilder builder(file, text, diagnostics);
  try {
    YAML::Parser parser(stream);
    // Twice at most: the library finds documents without end behind a stray bracket.
    const bool any = parser.HandleNextDocument(builder) && (parser.HandleNextDocument(builder), true);
    std::optional<Tree> tree = builder.take();
    if (!any || !tree || tree->shape == Shape::empty) {
      diagnostics.error({file}, "the file is empty",
                        "a pipeline file starts with \"apiVersion: tickweir/v1\"");
      return std::nullopt;
    }
    return tree;
  } catch (const Stop&) {
    return std::nullopt;
  } catch (const YAML::Exception& exception) {
    builder.report(exception);
    return std::nullopt;
  }
}

}  // namespace tickweir
