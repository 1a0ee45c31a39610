#include "runtime/plugins/registry.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "runtime/plugins/descriptor.h"
#include "runtime/plugins/judge.h"
#include "runtime/plugins/library.h"

namespace tickweir {

namespace {

namespace fs = std::filesystem;

Result<std::vector<fs::path>> plugin_files(const fs::path& folder) {
  // Not by directory_iterator: libstdc++'s ends the process when it gets no memory.
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(folder.c_str()), ::closedir);
  std::vector<fs::path> files;
  errno = entries == nullptr ? errno : 0;
  const dirent* entry = nullptr;
  while (entries != nullptr && (entry = ::readdir(entries.get())) != nullptr) {
    const fs::path file = folder / entry->d_name;
    if (file.extension() == ".so") files.push_back(file);
    errno = 0;
  }
  if (const int error = errno; error != 0) {
    return Error{"cannot read plugin folder " + folder.string() + ": " + std::strerror(error)};
  }
  std::ranges::sort(files);
  return files;
}

// Everything that can be judged before any code of the file runs, but for what other files say.
Result<NoteFacts> judge_file(const fs::path& file) {
  if (auto checked = check_permissions(file); !checked) return std::move(checked.error());
  auto note = read_notes(file);
  if (!note) return note;
  if (auto judged = judge_build(*note); !judged) return std::move(judged.error());
  if (!is_snake_case(note->fact("name").c_str())) {
    return Error{"has the name \"" + note->fact("name") + "\" in its note, expected one in snake_case"};
  }
  return note;
}

std::string name_of(const RefusedFile& refused) {
  return refused.name.empty() ? refused.file.stem().string() : refused.name;
}

}  // namespace

Result<Registry> Registry::scan(const std::vector<fs::path>& folders) {
  Registry registry;
  std::set<fs::path> seen;  // a folder given twice is read once
  for (const fs::path& folder : folders) {
    std::error_code error;
    if (!seen.insert(fs::weakly_canonical(folder, error)).second) continue;
    auto files = plugin_files(folder);
    if (!files) return std::move(files.error());
    registry.folders_.push_back(folder);
    for (const fs::path& file : *files) registry.add(file);
  }
  registry.refuse_duplicates();
  registry.refuse_other_layouts();
  return registry;
}

void Registry::add(const fs::path& file) {
  auto note = judge_file(file);
  if (!note) {
    refused_.push_back({file, std::move(note.error().message), {}});
    return;
  }
  auto plugin = std::make_unique<Plugin>();
  plugin->file = file;
  plugin->note = std::move(*note);
  plugins_.push_back(std::move(plugin));
}

void Registry::refuse(std::size_t index, std::string cause) {
  refused_.push_back({plugins_[index]->file, std::move(cause), plugins_[index]->note.fact("name")});
}

void Registry::refuse_duplicates() {
  std::vector<std::unique_ptr<Plugin>> unique;
  const std::size_t refused_before = refused_.size();
  for (std::size_t i = 0; i < plugins_.size(); ++i) {
    const std::string name = plugins_[i]->note.fact("name");
    std::string others;
    for (std::size_t other = 0; other < plugins_.size(); ++other) {
      if (other == i || plugins_[other]->note.fact("name") != name) continue;
      others += (others.empty() ? "" : " and ") + plugins_[other]->file.string();
    }
    if (!others.empty())
      refuse(i, "has the same plugin name " + name + " as " + others + "; remove all but one");
  }
  for (auto& plugin : plugins_) {
    const auto refused = std::ranges::find(refused_.begin() + static_cast<std::ptrdiff_t>(refused_before),
                                           refused_.end(), plugin->file, &RefusedFile::file);
    if (refused == refused_.end()) unique.push_back(std::move(plugin));
  }
  plugins_ = std::move(unique);
}

void Registry::refuse_other_layouts() {
  SharedLayouts layouts;
  std::vector<std::unique_ptr<Plugin>> alike;
  for (std::size_t i = 0; i < plugins_.size(); ++i) {
    if (auto added = layouts.add(plugins_[i]->file, plugins_[i]->note); !added) {
      refuse(i, std::move(added.error().message));
    } else {
      alike.push_back(std::move(plugins_[i]));
    }
  }
  plugins_ = std::move(alike);
}

Result<const Plugin*> Registry::load(const std::string& name) {
  const auto found =
      std::ranges::find_if(plugins_, [&](const auto& plugin) { return plugin->note.fact("name") == name; });
  if (found == plugins_.end()) return why_not(name);
  Plugin& plugin = **found;
  if (plugin.table != nullptr) return &plugin;

  const auto read = [&]() -> Result<std::unique_ptr<Descriptor>> {
    auto table = open_plugin(plugin.file);
    if (!table) return std::move(table.error());
    return read_descriptor(*table, name);
  };
  auto descriptor = read();
  if (!descriptor) {
    refuse(static_cast<std::size_t>(found - plugins_.begin()), std::move(descriptor.error().message));
    plugins_.erase(found);
    return why_not(name);
  }
  plugin.descriptor = std::move(*descriptor);
  plugin.table = &plugin.descriptor->plugin;
  return &plugin;
}

Error Registry::why_not(const std::string& name) const {
  std::string causes;
  for (const RefusedFile& refused : refused_) {
    if (name_of(refused) == name)
      causes += (causes.empty() ? "" : "; ") + refused.file.string() + " " + refused.cause;
  }
  if (!causes.empty()) return {"plugin " + name + " is refused: " + causes};
  std::string places;
  for (const fs::path& folder : folders_) places += (places.empty() ? "" : ", ") + folder.string();
  return {"there is no plugin " + name + (places.empty() ? ": the plugin path is empty" : " in " + places)};
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> names;
  for (const auto& plugin : plugins_) names.push_back(plugin->note.fact("name"));
  std::ranges::sort(names);
  return names;
}

}  // namespace tickweir
