// Reads files, follows `include`, and merges.
#include "runtime/config/include.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "runtime/config/interpolation.h"
#include "runtime/config/shown_text.h"

namespace tickweir {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t include_depth_max = 8;
constexpr std::size_t files_max = 64;

// The text, or why there is none.
std::optional<std::string> read_file(const std::string& file, std::string& cause) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (error || !fs::exists(status)) {
    cause = error ? error.message() : "No such file or directory";
    return std::nullopt;
  }
  if (!fs::is_regular_file(status)) {
    cause = fs::is_directory(status) ? "it is a folder" : "it is not a regular file";
    return std::nullopt;
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text(yaml_bytes_max + 1, '\0');
  if (stream) stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream && !stream.eof()) {
    cause = std::generic_category().message(errno);
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

std::string shown_place(const Place& place) {
  return place.file + ":" + std::to_string(place.line);
}

class Loader {
 public:
  explicit Loader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  // `from`: where the file is asked for; no line for the first one.
  std::optional<Tree> load(const std::string& file, const Place& from) {
    std::string cause;
    const std::optional<std::string> text = read_file(file, cause);
    if (!text) {
      const bool first = from.line == 0;
      diagnostics_.error(
          from, first ? "cannot read the pipeline file: " + cause : "cannot read " + file + ": " + cause);
      return std::nullopt;
    }
    return load_text(file, *text);
  }

  std::optional<Tree> load_text(const std::string& file, std::string text) {
    if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
    diagnostics_.remember_source(file, text);
    std::optional<Tree> tree = parse_yaml(file, text, diagnostics_);
    if (tree && tree->shape != Shape::map) {
      diagnostics_.error(tree->place, "a pipeline file is a map, not " + name_of(tree->shape),
                         "start with \"apiVersion: tickweir/v1\"");
      return std::nullopt;
    }
    if (!tree) return std::nullopt;
    path_.push_back(identity(file));
    seen_.insert(path_.back());
    if (path_.size() > 1) check_version(*tree);
    Tree result = with_includes(file, std::move(*tree));
    path_.pop_back();
    return result;
  }

  [[nodiscard]] bool complete() const { return complete_; }

 private:
  static std::string identity(const std::string& file) {
    std::error_code error;
    const fs::path path = fs::weakly_canonical(file, error);
    return error ? file : path.string();
  }

  void check_version(const Tree& tree) {
    const Tree* version = tree.find("apiVersion");
    if (version == nullptr || version->shape == Shape::refused || version->text == "tickweir/v1") return;
    diagnostics_.error(version->place, "an included file has another apiVersion",
                       "write tickweir/v1, or leave it out");
  }

  Tree with_includes(const std::string& file, Tree tree) {
    const auto key =
        std::find_if(tree.keys.begin(), tree.keys.end(), [](const auto& k) { return k.value == "include"; });
    if (key == tree.keys.end()) return tree;
    const auto at = key - tree.keys.begin();
    Tree files = std::move(tree.items[static_cast<std::size_t>(at)]);
    tree.items.erase(tree.items.begin() + at);
    tree.keys.erase(key);
    if (files.shape == Shape::empty) return tree;
    if (files.shape != Shape::list) {
      if (files.shape != Shape::refused) {
        diagnostics_.error(files.place, "include must be a list of files, not " + name_of(files.shape),
                           "write include: [file.yaml]");
      }
      complete_ = false;
      return tree;
    }
    interpolate_include(files, diagnostics_);
    Tree base;
    base.shape = Shape::map;
    base.place = tree.place;
    for (const Tree& item : files.items) {
      if (std::optional<Tree> included = load_included(file, item)) merge(base, std::move(*included), {});
    }
    merge(base, std::move(tree), {});
    return base;
  }

  std::optional<Tree> load_included(const std::string& file, const Tree& item) {
    if (item.shape != Shape::scalar || item.text.empty()) {
      if (item.shape != Shape::refused) diagnostics_.error(item.place, "include must name files");
      complete_ = false;
      return std::nullopt;
    }
    const std::string name = (fs::path(file).parent_path() / item.text).lexically_normal().string();
    const std::string id = identity(name);
    std::string refusal;
    if (std::find(path_.begin(), path_.end(), id) != path_.end()) {
      refusal = "the include of " + in_quotes(name) + " leads back to itself";
    } else if (seen_.contains(id)) {
      return std::nullopt;
    } else if (path_.size() > include_depth_max) {
      refusal = "includes nested more than " + std::to_string(include_depth_max) + " deep";
    } else if (seen_.size() >= files_max) {
      refusal = "more than " + std::to_string(files_max) + " files";
    }
    if (!refusal.empty()) diagnostics_.error(item.place, refusal);
    std::optional<Tree> tree = refusal.empty() ? load(name, item.place) : std::nullopt;
    if (!tree) complete_ = false;
    return tree;
  }

  // `over` wins. `parent` is the key both maps are under, "" at the top.
  void merge(Tree& base, Tree over, std::string_view parent) {
    base.complete = base.complete && over.complete;
    std::map<std::string, std::size_t> index;
    for (std::size_t i = 0; i < base.keys.size(); ++i) index.emplace(base.keys[i].value, i);
    const bool defined_once = parent == "stages" || parent == "threads";
    for (std::size_t i = 0; i < over.keys.size(); ++i) {
      const auto found = index.find(over.keys[i].value);
      if (found == index.end()) {
        base.keys.push_back(std::move(over.keys[i]));
        base.items.push_back(std::move(over.items[i]));
        continue;
      }
      Located<std::string>& key = base.keys[found->second];
      Tree& item = base.items[found->second];
      if (defined_once) {
        diagnostics_.error(
            over.keys[i].place,
            (parent == "stages" ? "stage " : "thread ") + in_quotes(key.value) + " is defined in two files",
            "the other is at " + shown_place(key.place) + "; rename or remove one");
      } else if (item.shape == Shape::map && over.items[i].shape == Shape::map) {
        const std::string name = parent.empty() ? key.value : "-";
        merge(item, std::move(over.items[i]), name);
      } else {
        key = std::move(over.keys[i]);
        item = std::move(over.items[i]);
      }
    }
  }

  Diagnostics& diagnostics_;
  std::vector<std::string> path_;  // files that are being read, each included by the one before
  std::set<std::string> seen_;
  bool complete_ = true;
};

std::optional<LoadedTree> finish(std::optional<Tree> tree, const Loader& loader) {
  if (!tree) return std::nullopt;
  return LoadedTree{std::move(*tree), loader.complete()};
}

}  // namespace

std::optional<LoadedTree> load_tree(const std::string& file, Diagnostics& diagnostics) {
  Loader loader(diagnostics);
  return finish(loader.load(file, {file}), loader);
}

std::optional<LoadedTree> load_tree_text(const std::string& file, const std::string& text,
                                         Diagnostics& diagnostics) {
  Loader loader(diagnostics);
  return finish(loader.load_text(file, text), loader);
}

}  // namespace tickweir
