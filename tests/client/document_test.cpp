// What framework/docs/wire_format.md and the client in Python say of the bytes is what wire.h does.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

#include "layouts.h"
#include "run_command.h"
#include "tickweir/market.h"

namespace tickweir::wire {
namespace {

std::string document() {
  std::ifstream in(TICKWEIR_SOURCE_DIR "/framework/docs/wire_format.md");
  return {std::istreambuf_iterator<char>(in), {}};
}

// Name, offset and size of each field, in their order; there is no padding.
struct Field {
  std::string name;
  std::size_t offset;
  std::size_t bytes;
};
std::vector<Field> fields_of(const Layout& layout) {
  std::vector<Field> fields;
  for (const auto& [name, offset] : layout.fields) fields.push_back({name, offset, 0});
  std::ranges::sort(fields, {}, &Field::offset);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    fields[i].bytes = (i + 1 < fields.size() ? fields[i + 1].offset : layout.bytes) - fields[i].offset;
  }
  return fields;
}

TEST(WireFormat, IsWhatItsDocumentSays) {
  const std::string text = document();
#define EXPECT_FIELD(field)                                                                \
  EXPECT_NE(text.find("| " #field " | " + std::to_string(offsetof(Event, field)) + " | " + \
                      std::to_string(sizeof(Event::field)) + " |"),                        \
            std::string::npos)                                                             \
      << #field
  EXPECT_FIELD(size);
  EXPECT_FIELD(type);
  EXPECT_FIELD(verdict);
  EXPECT_FIELD(flags);
  EXPECT_FIELD(sequence);
  EXPECT_FIELD(time);
  EXPECT_FIELD(origin);
#undef EXPECT_FIELD
  for (const auto& [name, layout] : frame_layouts) {
    const std::string begin = "\n| " + name + " | " + std::to_string(layout.type) + " | " +
                              std::to_string(sizeof(Event) + layout.bytes) + " | ";
    const std::size_t at = text.find(begin);
    ASSERT_NE(at, std::string::npos) << begin;
    std::string fields;
    for (const Field& field : fields_of(layout)) {
      fields += " " + field.name + "@" + std::to_string(field.offset) + ":" + std::to_string(field.bytes);
    }
    const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    EXPECT_TRUE(line.ends_with(" |" + fields + " |")) << line << "\n" << fields;
  }
}

TEST(WireFormat, SaysWhichGoodbyesAreFinal) {
  const std::string text = document();
  for (std::size_t code = 1; code < goodbye_names.size(); ++code) {
    const std::string begin = "\n| " + std::to_string(code) + " | " + goodbye_names[code] + " | ";
    const std::size_t at = text.find(begin);
    ASSERT_NE(at, std::string::npos) << begin;
    const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    const char* const then = is_final(static_cast<GoodbyeCode>(code)) ? " | final |" : " | again |";
    EXPECT_TRUE(line.ends_with(then)) << line;
  }
  EXPECT_EQ(text.find("\n| " + std::to_string(goodbye_names.size()) + " | "), std::string::npos);
}

// "6800 (2 zeros) 01 .." with zeros for `..` up to the frame's size, as bytes.
std::string bytes_in(const std::string& line) {
  std::string bytes;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    if (word.front() == '(') {
      bytes.append(std::stoul(word.substr(1)), '\0');
      while (word.back() != ')') words >> word;
    } else if (word == "..") {
      std::uint32_t size;
      std::memcpy(&size, bytes.data(), sizeof size);
      bytes.resize(size);
    } else {
      for (std::size_t i = 0; i < word.size(); i += 2) {
        bytes += static_cast<char>(std::stoul(word.substr(i, 2), nullptr, 16));
      }
    }
  }
  return bytes;
}
template <Payload T>
std::string bytes_of(const T& payload) {
  Frame<T> frame;
  frame.payload = payload;
  return {reinterpret_cast<const char*>(&frame), sizeof frame};
}

TEST(WireFormat, ShowsASessionAsItIs) {
  const std::string text = document();
  std::istringstream session(text.substr(text.find("```text\n") + 8));
  Login login;
  login.client = 7;
  set_text(login.token, "abc");
  LoginReply reply;
  reply.frame_bytes_max = 4096;
  Acknowledgement acknowledgement;
  acknowledgement.number = 1;
  const Event order{.size = event_size<market::NewOrder>,
                    .type = market::NewOrder::event_type,
                    .verdict = 0,
                    .flags = 0,
                    .sequence = 0,
                    .time = 0,
                    .origin = 1};
  const std::string order_bytes(reinterpret_cast<const char*>(&order), sizeof order);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"client  ", bytes_of(login)},
      {"source  ", bytes_of(reply)},
      {"client  ", order_bytes + std::string(sizeof(market::NewOrder), '\0')},
      {"source  ", bytes_of(acknowledgement)}};
  for (const auto& [from, bytes] : expected) {
    std::string line;
    std::getline(session, line);
    EXPECT_TRUE(line.starts_with(from)) << line;
    std::string rest = line.substr(from.size());
    if (const std::size_t at = rest.find(" bytes of NewOrder"); at != std::string::npos) {
      rest.replace(at, 18, " zeros");
    }
    EXPECT_EQ(bytes_in(rest), bytes) << line;
  }
}

// Each struct of the program as name, type and offsets of fields; then the goodbyes and which are final.
TEST(PythonClient, HasTheTablesOfTheWireFormat) {
  std::ostringstream expected;
  const auto add = [&](const std::string& name, unsigned type, const Layout& layout) {
    expected << name << " " << type << " " << layout.bytes << ":";
    for (const Field& field : fields_of(layout)) expected << " " << field.offset;
    expected << "\n";
  };
  for (const char* name : {"Login", "LoginReply", "Acknowledgement", "Refusal", "Goodbye", "Heartbeat"}) {
    add(name, frame_layouts.at(name).type, frame_layouts.at(name));
  }
  using market::NewOrder;
#define FIELD(name) {#name, offsetof(NewOrder, name)}
  add("NewOrder", NewOrder::event_type,
      {NewOrder::event_type,
       sizeof(NewOrder),
       {FIELD(order_id), FIELD(price), FIELD(quantity), FIELD(instrument), FIELD(account), FIELD(side),
        FIELD(kind), FIELD(time_in_force), FIELD(flags)}});
#undef FIELD
  for (std::size_t code = 0; code < goodbye_names.size(); ++code) {
    expected << goodbye_names[code] << (is_final(static_cast<GoodbyeCode>(code)) ? " final\n" : " again\n");
  }
  const Outcome ran = run("python3 -B " TICKWEIR_SOURCE_DIR "/tests/client/python_tables.py");
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.output, expected.str());
}

}  // namespace
}  // namespace tickweir::wire
