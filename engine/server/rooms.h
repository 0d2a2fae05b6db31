// Who is in which room of a broadcasting server: a room for each path, made when its first member comes and
// gone with its last. It knows slots and names only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "io/ring.h"

namespace ringstorm {

class Rooms {
 public:
  explicit Rooms(std::uint32_t slots) : seats_(slots) {}

  bool contains(Slot slot) const { return seats_[slot].room != nullptr; }
  std::size_t size() const { return rooms_.size(); }
  /// Everybody in the member's room, itself included; until somebody joins or leaves.
  std::span<const Slot> with(Slot slot) const { return seats_[slot].room->members; }

  void join(Slot slot, std::string_view path) {
    RS_CHECK(!contains(slot));
    Room& room = rooms_[std::string(path)];
    if (room.members.empty()) room.path = path;
    seats_[slot] = {&room, static_cast<std::uint32_t>(room.members.size())};
    room.members.push_back(slot);
  }
  /// Nothing happens when it is in none.
  void leave(Slot slot) {
    Room* const room = seats_[slot].room;
    if (room == nullptr) return;
    const std::uint32_t place = seats_[slot].place;
    const Slot last = room->members.back();
    room->members[place] = last;
    seats_[last].place = place;
    room->members.pop_back();
    seats_[slot] = {};
    if (room->members.empty()) rooms_.erase(std::string(room->path));
  }

 private:
  struct Room {
    std::string path;
    std::vector<Slot> members;
  };
  struct Seat {
    Room* room = nullptr;  ///< the map's nodes stay where they are
    std::uint32_t place = 0;
  };

  std::unordered_map<std::string, Room> rooms_;
  std::vector<Seat> seats_;
};

}  // namespace ringstorm
