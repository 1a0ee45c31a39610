// Events as text, by the layouts that lie in a log: no plugin is asked.
//
//   NewOrder 32 256 order_id@0:8 price@8:8 ...     name, bytes of the payload, type, field@offset:bytes
//   BundleItem 56 0 match_id@0:8 ...               type 0: no event; `XItem` follows the head of an X,
//   repeatedly
//
// A field of 1, 2, 4 or 8 bytes is an unsigned little-endian number; any other is shown as hexadecimal
// digits, and so is what no layout explains. The text of a log is not trusted: lines that make no sense are
// passed over.
//
// Threading: immutable once made.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tickweir/event.h"

namespace tickweir {

struct EventField {
  std::string name;
  std::string json_name;  // in quotes, with escapes
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;
};

struct EventShape {
  std::string name;
  std::string json_name;
  std::uint32_t size = 0;  // of the payload
  std::vector<EventField> fields;
};

class EventTable {
 public:
  explicit EventTable(const std::string& schema);
  // nullptr: not known.
  [[nodiscard]] const EventShape* find(std::uint16_t type) const {
    const std::uint16_t index = index_[type];
    return index == 0 ? nullptr : &shapes_[index - 1];
  }

  // "17 2026-01-05T09:30:00.000000001Z 1:17 NewOrder order_id=5 ...\n"
  void append_text(const Event& event, std::string& out) const;
  // {"sequence": .., "time": .., "source": .., "number": .., "type": .., "event": .., "fields": {..}}\n; what
  // lies behind the fields is in "items" when the table explains it, else in "rest".
  void append_json(const Event& event, std::string& out) const;

 private:
  // What follows the head of an event: whole items, or nullptr.
  [[nodiscard]] const EventShape* items_of(const EventShape& shape, std::uint32_t bytes) const;

  void add(std::uint16_t type, EventShape shape);

  std::vector<EventShape> shapes_;           // of events
  std::vector<std::uint16_t> index_;         // by type: 1 more than its index in `shapes_`, or 0
  std::map<std::string, EventShape> items_;  // by name
};

}  // namespace tickweir
