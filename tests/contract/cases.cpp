// See cases.h.
#include "cases.h"

#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

#include "runtime/plugins/registry.h"

namespace tickweir::contract {
namespace {

namespace fs = std::filesystem;

struct Way {
  const char* plugin;
  const char* label;
  testing::OptionTexts options;
};

const std::vector<Way>& ways() {
  static const std::vector<Way> all{
      {"filter_dedup", "window", {{"window", "4096"}}},
      {"filter_dedup", "hash", {{"mode", "hash"}, {"capacity", "1000"}, {"max_age", "1ms"}}},
      {"filter_price_band", "narrow", {{"band", "1"}}},
      {"sink_file", "events", {{"path", "{out}"}, {"format", "events"}}},
      {"sink_file", "json", {{"path", "{out}"}, {"format", "json"}}},
      {"sink_file", "csv", {{"path", "{out}"}, {"format", "csv"}, {"event", "NewOrder"}}},
      {"source_generator",
       "duplicates",
       {{"events", "20000"}, {"duplicates", "0.1"}, {"duplicate_delay", "9"}}},
      {"source_generator", "poisson", {{"events", "5000"}, {"arrival", "poisson"}}},
      {"source_lobster", "orderbook", {{"orderbook", "{in2}"}}},
      {"transform_order_book", "match", {{"mode", "match"}, {"orders", "5000"}, {"instruments", "64"}}},
      {"transform_order_book", "rebuild", {{"mode", "rebuild"}, {"orders", "5000"}, {"instruments", "64"}}},
      {"transform_metrics", "instruments", {{"instruments", "[1, 2, ABC]"}}},
  };
  return all;
}

Registry& registry() {
  static Registry found = [] {
    auto scanned = Registry::scan({TICKWEIR_PLUGIN_DIR});
    if (!scanned) throw std::runtime_error(scanned.error().message);
    return std::move(scanned.value());
  }();
  return found;
}

const Plugin& load(const std::string& name) {
  auto loaded = registry().load(name);
  if (!loaded) throw std::runtime_error(loaded.error().message);
  return **loaded;
}

void make(const std::string& sample, const std::string& files) {
  const std::string command = TICKWEIR_BINARY_DIR "/bin/" + sample + " " + files + " > /dev/null";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

std::string with_files(std::string text, const fs::path& folder, const std::string& plugin) {
  if (text == "{out}") return (folder / "out").string();
  if (text != "{in}" && text != "{in2}") return text;
  const std::string first = (folder / "in").string();
  const std::string second = (folder / "in2").string();
  if (!fs::exists(first) && plugin == "source_lobster") {
    make("lobster_sample --messages 5000 --seed 3", first + " " + second);
  } else if (!fs::exists(first)) {
    make("itch_sample --messages 5000 --instruments 20 --seed 3", first);
  }
  return text == "{in}" ? first : second;
}

}  // namespace

std::vector<Case> all_plugins() {
  std::vector<Case> found;
  for (const std::string& name : registry().names()) {
    const Plugin& plugin = load(name);
    found.push_back({.plugin = name,
                     .file = plugin.file.string(),
                     .label = "defaults",
                     .options = {},
                     .role = plugin.table->role,
                     .output_count = plugin.table->output_count});
  }
  return found;
}

std::vector<Case> all_ways() {
  std::vector<Case> found;
  for (const Case& plain : all_plugins()) {
    if (plain.role == TICKWEIR_ROLE_WAL) continue;
    found.push_back(plain);
    for (const Way& way : ways()) {
      if (way.plugin != plain.plugin) continue;
      Case& other = found.emplace_back(plain);
      other.label = way.label;
      other.options = way.options;
    }
  }
  return found;
}

std::vector<Case> takers() {
  std::vector<Case> found = all_ways();
  std::erase_if(found, [](const Case& one) { return one.role == TICKWEIR_ROLE_SOURCE; });
  return found;
}

std::vector<Case> splitters() {
  std::vector<Case> found = all_ways();
  std::erase_if(found,
                [](const Case& one) { return one.role == TICKWEIR_ROLE_SOURCE || one.output_count < 2; });
  return found;
}

std::string test_name(const ::testing::TestParamInfo<Case>& info) {
  return info.param.plugin + "_" + info.param.label;
}

OnePlugin::OnePlugin() : plugin_(*load(GetParam().plugin).table) {}

testing::OptionTexts OnePlugin::options() const {
  testing::OptionTexts texts;
  for (const testing::OptionText& given : GetParam().options) {
    const bool is_list = given.value.text().empty() && !given.value.items().empty();
    texts.push_back(is_list ? given
                            : testing::OptionText{given.name, with_files(given.value.text(), folder_.path(),
                                                                         GetParam().plugin)});
  }
  for (std::uint32_t i = 0; i < plugin_.option_count; ++i) {
    const tickweir_option& option = plugin_.options[i];
    bool given = option.default_text != nullptr || option.type != TICKWEIR_OPTION_TEXT;
    for (const testing::OptionText& text : texts) given = given || text.name == option.name;
    if (given) continue;
    const bool is_address = option.name == std::string_view("listen");
    texts.push_back({option.name, is_address ? "127.0.0.1:0"
                                             : with_files(is_source() ? "{in}" : "{out}", folder_.path(),
                                                          GetParam().plugin)});
  }
  return texts;
}

}  // namespace tickweir::contract
