// Turns the compiled market.fbs into a C++ header: enums, plain structs, their sizes checked, and the
// ELF note that tells a loader how this build lays them out. Runs at build time.
//
//   market_codegen market.bfbs market_events.h
//
// Plain structs instead of flatc's classes, so that `NewOrder{.order_id = 7, .price = 100}` works and a
// plugin's build needs no FlatBuffers.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include <flatbuffers/reflection.h>
#include <flatbuffers/util.h>

namespace {

std::string scalar_name(reflection::BaseType type) {
  switch (type) {
    case reflection::UByte: return "std::uint8_t";
    case reflection::Byte: return "std::int8_t";
    case reflection::UShort: return "std::uint16_t";
    case reflection::Short: return "std::int16_t";
    case reflection::UInt: return "std::uint32_t";
    case reflection::Int: return "std::int32_t";
    case reflection::ULong: return "std::uint64_t";
    case reflection::Long: return "std::int64_t";
    default: break;
  }
  throw std::runtime_error("market.fbs uses a field type that an event may not have");
}

// "tickweir.market.Side" -> "Side"
std::string short_name(const flatbuffers::String* name) {
  const std::string full = name->str();
  return full.substr(full.rfind('.') + 1);
}

void write_comment(std::ostream& out,
                   const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* lines) {
  if (lines == nullptr) return;
  for (const auto* line : *lines) out << "//" << line->str() << "\n";
}

void write_enum(std::ostream& out, const reflection::Enum& declaration) {
  out << "\n";
  write_comment(out, declaration.documentation());
  out << "enum class " << short_name(declaration.name()) << " : "
      << scalar_name(declaration.underlying_type()->base_type()) << " {\n";
  for (const auto* value : *declaration.values()) {
    out << "  " << value->name()->str() << " = " << value->value() << ",\n";
  }
  out << "};\n";
  const std::string name = short_name(declaration.name());
  out << "constexpr std::string_view name_of(" << name << " value) {\n  switch (value) {\n";
  for (const auto* value : *declaration.values()) {
    out << "    case " << name << "::" << value->name()->str() << ": return \"" << value->name()->str()
        << "\";\n";
  }
  out << "  }\n  return \"?\";\n}\n";
  out << "template <>\ninline constexpr std::size_t value_count<" << name
      << "> = " << declaration.values()->size() << ";\n";
}

struct Field {
  std::string type;
  std::string name;
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;
  std::uint32_t array_length = 0;
};

struct Struct {
  std::string name;
  std::uint32_t event_type = 0;  // 0: a part of an event, not an event
  std::uint32_t bytes = 0;
  std::vector<Field> fields;
  const reflection::Object* object = nullptr;
};

Struct read_struct(const reflection::Schema& schema, const reflection::Object& object) {
  Struct result{.name = short_name(object.name()), .bytes = static_cast<std::uint32_t>(object.bytesize()),
                .fields = {}, .object = &object};
  if (object.attributes() != nullptr) {
    if (const auto* type = object.attributes()->LookupByKey("event_type")) {
      result.event_type = static_cast<std::uint32_t>(std::stoul(type->value()->str()));
    }
  }
  for (const auto* field : *object.fields()) {
    const auto* type = field->type();
    const bool is_array = type->base_type() == reflection::Array;
    const auto base = is_array ? type->element() : type->base_type();
    Field entry{.type = {}, .name = field->name()->str(), .offset = field->offset()};
    entry.type = type->index() >= 0 && !is_array ? short_name(schema.enums()->Get(type->index())->name())
                                                 : scalar_name(base);
    entry.bytes = static_cast<std::uint32_t>(flatbuffers::GetTypeSize(base));
    entry.array_length = is_array ? type->fixed_length() : 0;
    if (is_array) entry.bytes *= entry.array_length;
    result.fields.push_back(entry);
  }
  std::ranges::sort(result.fields, {}, &Field::offset);
  return result;
}

void write_struct(std::ostream& out, const Struct& declaration) {
  out << "\n";
  write_comment(out, declaration.object->documentation());
  out << "struct " << declaration.name << " {\n";
  if (declaration.event_type != 0) {
    out << "  static constexpr std::uint16_t event_type = " << declaration.event_type << ";\n";
  }
  std::uint32_t end = 0;
  for (const Field& field : declaration.fields) {
    if (field.offset != end)
      throw std::runtime_error(declaration.name + "." + field.name + ": hidden padding before it");
    end = field.offset + field.bytes;
    out << "  " << field.type << " " << field.name;
    if (field.array_length != 0) out << "[" << field.array_length << "]";
    out << " = {};\n";
  }
  if (end != declaration.bytes || end % 8 != 0) {
    throw std::runtime_error(declaration.name +
                             ": its size must be the sum of its fields and a multiple of 8");
  }
  out << "  friend bool operator==(const " << declaration.name << "&, const " << declaration.name
      << "&) = default;\n";
  out << "};\nstatic_assert(sizeof(" << declaration.name << ") == " << declaration.bytes << ");\n";
}

std::string layout_line(const Struct& declaration) {
  std::string line = declaration.name + " " + std::to_string(declaration.bytes) + " " +
                     std::to_string(declaration.event_type);
  for (const Field& field : declaration.fields) {
    line += " " + field.name + "@" + std::to_string(field.offset) + ":" + std::to_string(field.bytes);
  }
  return line;
}

void write_header(std::ostream& out, const reflection::Schema& schema) {
  std::vector<Struct> structs;
  for (const auto* object : *schema.objects()) {
    if (object->is_struct()) structs.push_back(read_struct(schema, *object));
  }
  std::ranges::sort(structs, [](const Struct& a, const Struct& b) {
    return std::pair(a.event_type, a.name) < std::pair(b.event_type, b.name);
  });

  out << "// Generated from market.fbs. Do not edit.\n#pragma once\n\n#include <array>\n#include <cstddef>\n"
         "#include <cstdint>\n#include <string_view>\n\n#include \"tickweir/note.h\"\n\n"
         "namespace tickweir::market {\n\n// How many values an enum has; they are numbered from 0.\n"
         "template <typename Enum>\ninline constexpr std::size_t value_count = 0;\n";
  for (const auto* declaration : *schema.enums()) write_enum(out, *declaration);
  for (const Struct& declaration : structs) write_struct(out, declaration);

  out << "\n// Calls `visit.template operator()<T>(name)` for every payload type, by rising event_type.\n"
         "template <typename Visit>\nconstexpr void for_each_payload_type(Visit&& visit) {\n";
  for (const Struct& declaration : structs) {
    if (declaration.event_type != 0) {
      out << "  visit.template operator()<" << declaration.name << ">(\"" << declaration.name << "\");\n";
    }
  }
  out << "}\n\n// Calls `visit(name, value)` for every field of the payload, in order of the bytes.\n";
  for (const Struct& declaration : structs) {
    out << "template <typename Visit>\nvoid for_each_field(const " << declaration.name
        << "& value, Visit&& visit) {\n";
    for (const Field& field : declaration.fields) {
      out << "  visit(\"" << field.name << "\", value." << field.name << ");\n";
    }
    out << "}\n";
  }
  out << "\nTICKWEIR_NOTE(TICKWEIR_NOTE_LAYOUT, layout_note,\n";
  for (const Struct& declaration : structs)
    out << "              \"" << layout_line(declaration) << "\\n\"\n";
  out << ");\n\n}  // namespace tickweir::market\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: market_codegen market.bfbs market_events.h\n";
    return 2;
  }
  try {
    std::ifstream input(argv[1], std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(input), {}};
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (!reflection::VerifySchemaBuffer(verifier)) throw std::runtime_error("not a compiled schema");
    std::ofstream output(argv[2]);
    write_header(output, *reflection::GetSchema(bytes.data()));
    output.flush();
    if (!output) throw std::runtime_error(std::string("cannot write ") + argv[2]);
  } catch (const std::exception& error) {
    std::cerr << "market_codegen: " << argv[1] << ": " << error.what() << "\n";
    return 1;
  }
  return 0;
}
