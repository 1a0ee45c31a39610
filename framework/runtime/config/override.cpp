// Walks the path of a --set, and says where it leaves the tree.
#include "runtime/config/override.h"

#include "runtime/config/shown_text.h"
#include "tickweir/scalar.h"

namespace tickweir {
namespace {

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::vector<std::string> names(const Tree& map) {
  std::vector<std::string> result;
  for (const auto& key : map.keys) result.push_back(key.value);
  return result;
}

class Setter {
 public:
  Setter(const Override& override, Diagnostics& diagnostics)
      : diagnostics_(diagnostics), place_{"--set " + override.path + "=" + override.value} {}

  void set(Tree& root, const Override& override) {
    const std::vector<std::string> parts = split_path(override.path);
    if (parts.size() > yaml_depth_max) return refuse("the path is too long", {});
    if (parts.front() == "include")
      return refuse("include cannot be set", "name the file that has the includes you want");
    Tree* tree = &root;
    std::string walked;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].empty())
        return refuse("the path has an empty part", "write it like stages.book.config.depth=10");
      const bool defined = i == 1 && (parts[0] == "stages" || parts[0] == "threads");
      tree = step(*tree, parts[i], walked, defined);
      if (tree == nullptr) return;
      walked += (walked.empty() ? "" : ".") + parts[i];
    }
    if (tree->shape == Shape::map || tree->shape == Shape::list) {
      return refuse(walked + " is " + name_of(tree->shape) + "; --set replaces one value",
                    deeper(*tree, walked));
    }
    *tree = Tree{Shape::scalar, place_, override.value, false, true, {}, {}};
  }

 private:
  void refuse(std::string message, std::string help) {
    diagnostics_.error(place_, std::move(message), std::move(help));
  }

  static std::string deeper(const Tree& tree, const std::string& walked) {
    if (tree.items.empty()) return {};
    return "name a value in it, such as " + walked + "." +
           (tree.keys.empty() ? "0" : tree.keys.front().value);
  }

  // The place below `tree`, made if it may be; null: reported.
  Tree* step(Tree& tree, const std::string& part, const std::string& walked, bool must_exist) {
    if (tree.shape == Shape::list) return list_item(tree, part, walked);
    if (tree.shape == Shape::empty) {
      tree.shape = Shape::map;
      tree.place = place_;
    }
    if (tree.shape != Shape::map) {
      if (tree.shape != Shape::refused) {
        refuse("cannot set " + in_quotes(part) + ": " + walked + " is " + name_of(tree.shape),
               "--set " + walked + "=... replaces it");
      }
      return nullptr;
    }
    if (Tree* found = tree.find(part)) return found;
    if (must_exist) {
      std::string help = suggest(part, names(tree));
      if (help.empty() && !tree.keys.empty()) help = "there is " + tree.keys.front().value;
      refuse("there is no " + in_quotes(part) + " under " + walked, help);
      return nullptr;
    }
    tree.keys.push_back({part, place_});
    Tree& made = tree.items.emplace_back();
    made.place = place_;
    return &made;
  }

  Tree* list_item(Tree& list, const std::string& part, const std::string& walked) {
    const auto number = parse_integer(part);
    const auto count = static_cast<std::int64_t>(list.items.size());
    if (number && *number >= 0 && *number < count) return &list.items[static_cast<std::size_t>(*number)];
    const std::string range = count == 0 ? "it is empty" : "its items are 0 to " + std::to_string(count - 1);
    refuse(walked + " is a list and has no item " + in_quotes(part), range);
    return nullptr;
  }

  Diagnostics& diagnostics_;
  Place place_;
};

}  // namespace

void apply_override(Tree& root, const Override& override, Diagnostics& diagnostics) {
  Setter(override, diagnostics).set(root, override);
}

}  // namespace tickweir
