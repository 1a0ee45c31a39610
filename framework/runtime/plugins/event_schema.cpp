#include "runtime/plugins/event_schema.h"

#include <map>
#include <utility>

#include "tickweir/event.h"

namespace tickweir {

std::string event_schema(std::span<const Plugin* const> plugins) {
  // By type and name; plugins with other layouts were refused.
  std::map<std::pair<std::uint32_t, std::string>, const EventLayout*> layouts;
  for (const Plugin* const plugin : plugins) {
    for (const EventLayout& layout : plugin->note.layouts) {
      if (layout.name != "EventHeader") layouts.emplace(std::pair(layout.type, layout.name), &layout);
    }
  }
  std::string schema = TICKWEIR_HEADER_LAYOUT;
  for (const auto& [key, layout] : layouts) {
    schema += layout->name + " " + std::to_string(layout->size_bytes) + " " + std::to_string(layout->type) +
              " " + layout->fields + "\n";
  }
  return schema;
}

}  // namespace tickweir
