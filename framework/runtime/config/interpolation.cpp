// Puts the environment and the vars into the scalars of a tree.
#include "runtime/config/interpolation.h"

#include <cstdlib>
#include <map>
#include <utility>

#include "runtime/config/shown_text.h"

namespace tickweir {
namespace {

constexpr std::size_t value_bytes_max = 64 * 1024;
constexpr std::size_t total_bytes_max = 16 * 1024 * 1024;
constexpr std::string_view name_characters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

// Why a text could not be completed.
struct Refusal {
  std::string message;
  std::string help;
};

bool plain_text(std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.valid || (character.code < 0x20 && character.code != '\t') || character.code == 0x7f)
      return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

class Interpolation {
 public:
  explicit Interpolation(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void all(Tree& tree) {
    if (tree.shape == Shape::scalar) scalar(tree);
    for (Tree& item : tree.items) all(item);
  }

  void vars(Tree& tree) {
    for (std::size_t i = 0; i < tree.keys.size(); ++i) {
      const Located<std::string>& key = tree.keys[i];
      Tree& value = tree.items[i];
      if (value.shape == Shape::list || value.shape == Shape::map || value.shape == Shape::empty) {
        diagnostics_.error(key.place,
                           "var " + in_quotes(key.value) + " must be one value, not " + name_of(value.shape));
        value.shape = Shape::refused;
      }
      if (value.shape == Shape::scalar) scalar(value);
      names_.push_back(key.value);
      // A refused one counts as known: its users are not to blame.
      vars_[key.value] = value.shape == Shape::scalar ? std::optional(value.text) : std::nullopt;
    }
  }

 private:
  void scalar(Tree& tree) {
    if (tree.text.find('$') == std::string::npos) return;
    std::string result;
    std::string_view rest = tree.text;
    while (!rest.empty()) {
      const std::size_t dollar = std::min(rest.find('$'), rest.size());
      result += rest.substr(0, dollar);
      rest.remove_prefix(dollar);
      if (rest.starts_with("$$")) {
        result += '$';
        rest.remove_prefix(2);
      } else if (rest.starts_with("${")) {
        if (!reference(rest, tree, result)) return;
      } else if (!rest.empty()) {
        result += '$';
        rest.remove_prefix(1);
      }
    }
    tree.text = std::move(result);
  }

  // Takes "${...}" off `rest` and appends its value; false: the tree is refused.
  bool reference(std::string_view& rest, Tree& tree, std::string& result) {
    const std::size_t end = rest.find('}');
    Refusal refusal;
    if (end == std::string_view::npos) {
      refusal = {"\"${\" without \"}\"", "between { } or [ ] put the value in quotes; write $$ for a dollar"};
    } else if (const auto value = resolve(rest.substr(2, end - 2), refusal)) {
      refusal = check(*value, rest.substr(0, end + 1), result.size());
      if (refusal.message.empty()) {
        result += *value;
        rest.remove_prefix(end + 1);
        tree.any_type = true;
        return true;
      }
    }
    tree.shape = Shape::refused;
    if (!refusal.message.empty()) diagnostics_.error(tree.place, refusal.message, refusal.help);
    return false;
  }

  Refusal check(const std::string& value, std::string_view reference, std::size_t bytes_before) {
    if (!plain_text(value)) {
      return {"the value of " + std::string(reference) + " has a line break or a control character", {}};
    }
    put_in_ += value.size();
    if (bytes_before + value.size() > value_bytes_max || put_in_ > total_bytes_max) {
      return {"the value becomes too long", "at most 64 KiB for a value, 16 MiB in all"};
    }
    return {};
  }

  std::optional<std::string> resolve(std::string_view inside, Refusal& refusal) {
    if (inside.find("${") != std::string_view::npos) {
      refusal = {"${...} within ${...}", "use a var for the inner one"};
    } else if (inside.starts_with("env:")) {
      return environment(inside.substr(4), refusal);
    } else if (inside.starts_with("var:")) {
      return variable(std::string(inside.substr(4)), refusal);
    } else {
      const bool is_name =
          !inside.empty() && inside.find_first_not_of(name_characters) == std::string_view::npos;
      refusal = {
          "unknown ${" + std::string(inside) + "}",
          is_name
              ? "did you mean ${env:" + std::string(inside) + "}?"
              : "known: ${env:NAME}, ${env:NAME:-default}, ${env:NAME:?text}, ${var:name}; $$ for a dollar"};
    }
    return std::nullopt;
  }

  static std::optional<std::string> environment(std::string_view inside, Refusal& refusal) {
    const std::size_t name_end = std::min(inside.find_first_not_of(name_characters), inside.size());
    const std::string name(inside.substr(0, name_end));
    const std::string_view rule = inside.substr(name_end);
    if (name.empty() || (name[0] >= '0' && name[0] <= '9') ||
        !(rule.empty() || rule.starts_with(":-") || rule.starts_with(":?"))) {
      refusal = {"cannot read ${env:" + std::string(inside) + "}",
                 "write ${env:NAME}, ${env:NAME:-default} or ${env:NAME:?text}"};
      return std::nullopt;
    }
    const char* value = std::getenv(name.c_str());
    if (value != nullptr && (*value != '\0' || rule.empty())) return value;
    if (rule.starts_with(":-")) return std::string(rule.substr(2));
    refusal.message = "the environment variable " + name + " is not set";
    if (rule.starts_with(":?")) {
      refusal.message.append(": ").append(rule.substr(2));
    } else {
      refusal.help = "set it, or give a default: ${env:" + name + ":-value}";
    }
    return std::nullopt;
  }

  std::optional<std::string> variable(const std::string& name, Refusal& refusal) {
    const auto found = vars_.find(name);
    if (found != vars_.end()) return found->second;
    refusal = {"there is no var " + in_quotes(name) + " above", {}};
    refusal.help = diagnostics_.suggestion(name, names_);
    if (refusal.help.empty()) refusal.help = "define it under vars, before it is used there";
    return std::nullopt;
  }

  Diagnostics& diagnostics_;
  std::map<std::string, std::optional<std::string>> vars_;
  std::vector<std::string> names_;
  std::size_t put_in_ = 0;
};

}  // namespace

void interpolate(Tree& root, Diagnostics& diagnostics) {
  Interpolation interpolation(diagnostics);
  if (Tree* vars = root.find("vars"); vars != nullptr) interpolation.vars(*vars);
  for (std::size_t i = 0; i < root.keys.size(); ++i) {
    const std::string& key = root.keys[i].value;
    if (!key.starts_with("x-") && key != "vars") interpolation.all(root.items[i]);
  }
}

void interpolate_include(Tree& files, Diagnostics& diagnostics) {
  Interpolation(diagnostics).all(files);
}

}  // namespace tickweir
