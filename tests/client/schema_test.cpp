// wire.h and wire.fbs say the same: every struct, every field, every goodbye.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#include <flatbuffers/reflection.h>
#pragma GCC diagnostic pop

#include "layouts.h"
#include "tickweir/testing_folder.h"

namespace tickweir::wire {
namespace {

std::string compiled_schema() {
  const testing::TempFolder folder;
  const std::string command =
      "flatc -b --schema -o " + folder.path().string() + " " TICKWEIR_SOURCE_DIR "/framework/client/wire.fbs";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::ifstream file(folder.at("wire.bfbs"), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(WireSchema, IsWhatTheStructsSay) {
  const std::string bytes = compiled_schema();
  ASSERT_FALSE(bytes.empty());
  const reflection::Schema& schema = *reflection::GetSchema(bytes.data());
  std::size_t found = 0;
  for (const reflection::Object* object : *schema.objects()) {
    if (!object->is_struct()) continue;
    const std::string full = object->name()->str();
    const std::string name = full.substr(full.rfind('.') + 1);
    ASSERT_TRUE(frame_layouts.contains(name)) << name;
    const Layout& layout = frame_layouts.at(name);
    EXPECT_EQ(object->bytesize(), static_cast<int>(layout.bytes)) << name;
    EXPECT_EQ(object->attributes()->LookupByKey("event_type")->value()->str(), std::to_string(layout.type))
        << name;
    Fields fields;
    for (const reflection::Field* field : *object->fields()) fields[field->name()->str()] = field->offset();
    EXPECT_EQ(fields, layout.fields) << name;
    ++found;
  }
  EXPECT_EQ(found, frame_layouts.size());
}

TEST(WireSchema, NamesEveryGoodbye) {
  const std::string bytes = compiled_schema();
  const reflection::Schema& schema = *reflection::GetSchema(bytes.data());
  ASSERT_EQ(schema.enums()->size(), 1U);
  const auto& values = *schema.enums()->Get(0)->values();
  ASSERT_EQ(values.size(), goodbye_names.size());
  for (const reflection::EnumVal* value : values) {
    std::string plain;
    for (const char letter : std::string(goodbye_names[static_cast<std::size_t>(value->value())])) {
      if (letter != '_') plain += letter;
    }
    std::string theirs;
    for (const char letter : value->name()->str()) theirs += static_cast<char>(std::tolower(letter));
    EXPECT_EQ(theirs, plain);
  }
}

}  // namespace
}  // namespace tickweir::wire
