// Who may log in, and how far the events of each have come.
//
// A client's events settle in the order in which they came: a count of those under way tells which of them
// belong to an earlier connection. These are not acknowledged on the present one: a refusal of that time may
// be lost, and the client sends again whatever it has no answer for.
//
// Threading: the stage's thread. Memory: reserved by the constructor; grows only in add().
// Cost:      a probe or two of a table for each run of events of one client.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tickweir/planted_bug.h"
#include "tickweir/state.h"
#include "tickweir/wire.h"

namespace tickweir::tcp {

constexpr std::uint32_t no_connection = UINT32_MAX;

using Token = std::array<std::uint8_t, wire::token_bytes_max>;

// Takes the same time wherever the tokens differ.
[[nodiscard]] inline bool same_token(const Token& one, const std::uint8_t (&other)[wire::token_bytes_max]) {
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    difference = static_cast<std::uint8_t>(difference | (one[i] ^ other[i]));
  }
  return difference == 0;
}

struct Client {
  std::uint32_t id = 0;
  std::uint32_t connection = no_connection;
  std::uint32_t account = 0;        // of its orders; 0: is not known here, so it cannot log in either
  std::uint32_t orders_of = 0;      // the account for which it sent something since that was last cancelled
  bool has_left = false;            // a connection of it has ended, and that is not told yet
  std::uint64_t last_durable = 0;   // highest number
  std::uint64_t last_received = 0;  // highest number
  std::uint64_t under_way = 0;      // events handed on and not settled yet
  std::uint64_t earlier = 0;        // of these, by a connection before the present one
  std::uint64_t settled = 0;        // highest number settled of the present connection
  std::uint64_t acknowledged = 0;   // highest number acknowledged on it
};

class Clients {
 public:
  // `limit`: clients that may be known through logins; recovery may bring more. `is_open`: whoever comes is
  // let in, and its account is its id; otherwise only who was added with one.
  explicit Clients(std::uint32_t limit, bool is_open = true) : limit_(limit), is_open_(is_open) {
    clients_.reserve(limit);
    tokens_.reserve(limit);
    by_id_.reserve(limit);
    free_.reserve(limit);
    resize_table(limit);
  }

  // Of indices, those of forgotten clients included.
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(clients_.size()); }
  [[nodiscard]] bool is_full() const { return by_id_.size() >= limit_; }
  [[nodiscard]] Client& at(std::uint32_t index) { return clients_[index]; }
  [[nodiscard]] std::uint32_t index_of(const Client& client) const {
    return static_cast<std::uint32_t>(&client - clients_.data());
  }

  [[nodiscard]] Client* find(std::uint32_t id) {
    for (std::uint32_t at = slot_of(id);; at = (at + 1) & mask_) {
      const std::uint32_t index = table_[at];
      if (index == empty_slot) return nullptr;
      if (clients_[index].id == id) return &clients_[index];
    }
  }
  // A client that is not there yet. Without a token any token will do.
  Client& add(std::uint32_t id, const std::optional<Token>& token, std::uint32_t account) {
    TICKWEIR_ASSERT(find(id) == nullptr);
    if ((clients_.size() + 1) * 2 > table_.size()) resize_table(clients_.size() + 1);
    const std::uint32_t index = free_index();
    Client& client = clients_[index] = {.id = id, .account = account};
    has_accounts_ = has_accounts_ || client.account != id;
    tokens_[index] = token;
    enter(index);
    by_id_.insert(place_by_id(id), index);
    return client;
  }
  Client& find_or_add(std::uint32_t id) {
    Client* const known = find(id);
    return known != nullptr ? *known : add(id, {}, is_open_ ? id : 0);
  }
  // Makes room for others if there is nothing to remember of the client: where anybody may log in, any number
  // of ids may come and go.
  void forget_if_blank(std::uint32_t index) {
    const Client& client = clients_[index];
    const bool is_idle = client.connection == no_connection && client.under_way == 0 && !client.has_left;
    if (!is_idle || is_worth_saving(client) || client.last_received != 0 || tokens_[index]) return;
    leave(index);
    by_id_.erase(place_by_id(client.id));
    free_.push_back(index);
    clients_[index] = {};
  }
  // Which client has this token; the time taken does not tell whether the id or the token was wrong.
  [[nodiscard]] bool is_token_of(const Client* client,
                                 const std::uint8_t (&token)[wire::token_bytes_max]) const {
    static constexpr Token nobody{};
    const auto& expected =
        client == nullptr ? std::optional<Token>(nobody) : tokens_[client - clients_.data()];
    const bool is_same = same_token(expected.value_or(nobody), token);
    return client != nullptr && expected.has_value() && is_same;
  }

  // A new connection of the client: what is under way belongs to an earlier one.
  static void begin_session(Client& client, std::uint32_t connection) {
    client.connection = connection;
    client.earlier = client.under_way;
    client.settled = client.acknowledged = 0;
  }
  static void received(Client& client, std::uint64_t events, std::uint64_t last_number) {
    client.under_way += events;
    client.last_received = std::max(client.last_received, last_number);
    client.orders_of = client.account;
  }
  // All orders of the account that ask for it are being cancelled.
  void cancelled(std::uint32_t account) {
    if (!has_accounts_) {
      if (Client* const client = find(account)) client->orders_of = 0;
      return;
    }
    for (Client& client : clients_) {
      if (client.orders_of == account) client.orders_of = 0;
    }
  }
  // Those without a connection that may have orders: of a run that ended while they were connected. By id.
  template <typename Visit>
  void for_each_left_behind(Visit&& visit) {
    for (const std::uint32_t index : by_id_) {
      const Client& client = clients_[index];
      if (client.orders_of != 0 && client.connection == no_connection) visit(index);
    }
  }
  // A client of the log that is not known here, and may have left orders: nobody can tell whose. 0: none.
  [[nodiscard]] std::uint32_t stranger() const { return stranger_; }
  // An event of the client came back. True: it belongs to the present connection.
  static bool settle(Client& client, std::uint64_t number, bool is_durable) {
    if (client.under_way == 0) return false;  // not ours: another source's, or from before a restart
    --client.under_way;
    if (is_durable) client.last_durable = std::max(client.last_durable, number);
    if (client.earlier != 0 && !TICKWEIR_BUG("connections mixed up")) {
      --client.earlier;
      return false;
    }
    client.settled = std::max(client.settled, number);
    return true;
  }
  // As settle() for `count` durable events of the present connection. False: not all of them are, and nothing
  // was done.
  static bool settle_run(Client& client, std::uint64_t count, std::uint64_t highest_number) {
    if (client.under_way < count || client.earlier != 0) return false;
    client.under_way -= count;
    client.last_durable = std::max(client.last_durable, highest_number);
    client.settled = std::max(client.settled, highest_number);
    return true;
  }
  // What the log holds, shown at a restart.
  void recover(std::uint64_t origin) {
    const std::uint32_t id = wire::client_of(origin);
    if (id == 0 || TICKWEIR_BUG("clients forgotten")) return;
    Client& client = find_or_add(id);
    raise(client, origin_number(origin));
    if (client.account != 0) client.orders_of = client.account;
    if (client.orders_of == 0) stranger_ = id;
  }

  void save(StateWriter& out) const {
    out.put<std::uint64_t>(state_format);
    out.put(static_cast<std::uint64_t>(std::ranges::count_if(clients_, is_worth_saving)));
    for (std::uint32_t i = 0; i < by_id_.size(); ++i) {
      const std::uint32_t index = TICKWEIR_BUG("saved in order of arrival") ? i : by_id_[i];
      if (!is_worth_saving(clients_[index])) continue;
      out.put<std::uint64_t>(clients_[index].id);
      out.put<std::uint64_t>(clients_[index].last_durable);
      out.put<std::uint64_t>(clients_[index].orders_of);
    }
  }
  void load(StateReader& in) {
    if (const auto format = in.get<std::uint64_t>(); format != state_format) {
      throw std::runtime_error("the saved state has format " + std::to_string(format) + ", expected " +
                               std::to_string(state_format));
    }
    for (auto left = in.get_count(wire::client_id_max); left != 0; --left) {
      const auto id = in.get<std::uint64_t>();
      const auto last_durable = in.get<std::uint64_t>();
      const auto orders_of = in.get<std::uint64_t>();
      if (id == 0 || id > wire::client_id_max || last_durable > wire::number_max || orders_of > UINT32_MAX) {
        throw std::runtime_error("the saved state has client " + std::to_string(id) + " at number " +
                                 std::to_string(last_durable) + ", which cannot be");
      }
      if (last_durable == 0 && orders_of == 0) continue;
      Client& client = find_or_add(static_cast<std::uint32_t>(id));
      raise(client, last_durable);
      client.orders_of = static_cast<std::uint32_t>(orders_of);
      has_accounts_ = has_accounts_ || (orders_of != 0 && orders_of != id);
    }
  }

 private:
  static constexpr std::uint64_t state_format = 3;
  static constexpr std::uint32_t empty_slot = UINT32_MAX;

  static bool is_worth_saving(const Client& client) {
    return client.last_durable != 0 || client.orders_of != 0;
  }
  static void raise(Client& client, std::uint64_t number) {
    client.last_durable = std::max(client.last_durable, number);
    client.last_received = std::max(client.last_received, number);
  }
  std::uint32_t free_index() {
    if (free_.empty()) {
      clients_.emplace_back();
      tokens_.emplace_back();
      return size() - 1;
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    return index;
  }
  std::vector<std::uint32_t>::iterator place_by_id(std::uint32_t id) {
    return std::ranges::lower_bound(by_id_, id, {}, [this](std::uint32_t i) { return clients_[i].id; });
  }
  [[nodiscard]] std::uint32_t slot_of(std::uint32_t id) const { return (id * 2654435761U) >> shift_ & mask_; }
  void enter(std::uint32_t index) {
    std::uint32_t at = slot_of(clients_[index].id);
    while (table_[at] != empty_slot) at = (at + 1) & mask_;
    table_[at] = index;
  }
  void leave(std::uint32_t index) {
    std::uint32_t hole = slot_of(clients_[index].id);
    while (table_[hole] != index) hole = (hole + 1) & mask_;
    // Who stands further from its slot than the hole does moves up: a search ends at an empty slot.
    for (std::uint32_t at = (hole + 1) & mask_; table_[at] != empty_slot; at = (at + 1) & mask_) {
      const std::uint32_t from_slot = (at - slot_of(clients_[table_[at]].id)) & mask_;
      if (from_slot < ((at - hole) & mask_)) continue;
      table_[hole] = table_[at];
      hole = at;
    }
    table_[hole] = empty_slot;
  }
  void resize_table(std::size_t count) {
    const std::size_t slots = std::bit_ceil(std::max<std::size_t>(count * 4, 16));
    table_.assign(slots, empty_slot);
    mask_ = static_cast<std::uint32_t>(slots - 1);
    shift_ = 32U - static_cast<std::uint32_t>(std::bit_width(slots - 1));
    for (const std::uint32_t index : by_id_) enter(index);
  }

  std::uint32_t limit_;
  bool is_open_;
  bool has_accounts_ = false;  // that are not their client's id
  std::uint32_t stranger_ = 0;
  std::vector<Client> clients_;
  std::vector<std::optional<Token>> tokens_;  // beside, not in: settling must not drag them through the cache
  std::vector<std::uint32_t> by_id_;          // rising ids, for save()
  std::vector<std::uint32_t> free_;           // indices of forgotten clients
  std::vector<std::uint32_t> table_;
  std::uint32_t mask_ = 0;
  std::uint32_t shift_ = 0;
};

}  // namespace tickweir::tcp
