// The inside of TransactionLayer, shared by its three files: layer, client side, server side.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "centrala/base/slot_map.hpp"
#include "centrala/base/timer_queue.hpp"
#include "centrala/sip/transaction.hpp"
#include "sip/fsm.hpp"
#include "sip/key_index.hpp"
#include "sip/response_prefix.hpp"

namespace centrala::sip {

struct ClientTransaction {
    enum class Cancel : std::uint8_t { none, wanted, sent };

    ClientTx id{};
    const fsm::Machine* machine = nullptr;
    fsm::State state = fsm::State::calling;
    Cancel cancel = Cancel::none;
    bool invite = false;
    bool reliable = false;
    bool abandoned = false;
    std::uint32_t branch_at = 0;  ///< where in `request` the branch stands
    std::uint32_t via_end = 0;    ///< end of the Via line, CR LF included
    Flow flow;
    std::string request;        ///< as sent; ACK and CANCEL are made from it
    std::string ack;            ///< for 300–699, once made
    std::string cancel_lines;   ///< while wanted
    std::uint64_t cancels = 0;  ///< for a CANCEL: the INVITE's id, its key in `cancels_`
    Duration interval{};        ///< of timer A or E
    TimerId retransmit{}, lifetime{};
};

struct ServerTransaction {
    ServerTx id{};
    const fsm::Machine* machine = nullptr;
    fsm::State state = fsm::State::proceeding;
    Method method = Method::unknown;
    bool reliable = false;
    bool old_style = false;  ///< no magic cookie: matched as RFC 2543 did (RFC 3261 §17.2.3)
    ResponsePrefix prefix;
    std::string key, merge_key;  ///< merge_key: "" when the request had a To tag
    std::uint64_t key_hash = 0, merge_hash = 0;
    std::string last;  ///< the last response, whole
    int last_status = 0;
    Duration interval{};  ///< of timer G
    TimerId retransmit{}, lifetime{};
};

struct TransactionLayer::Impl {
    Impl(TransactionTimers timers, TransactionLimits limits, RandomSource& random, Outbox& outbox);

    // Layer.
    Indication receive(std::span<char> bytes, const Flow& from, Timestamp now);
    Indication advance(Timestamp now);
    std::optional<Timestamp> deadline();
    void transport_failed(Transport transport, const Endpoint& remote, std::uint64_t connection, Timestamp now);
    [[nodiscard]] std::optional<Duration> value(fsm::Act start, bool reliable) const;  ///< RFC 3261 table 4
    void send(const Flow& flow, std::string_view bytes, bool again);
    Indication drop();
    Indication on_malformed(const Flow& from, const Parsed& parsed, Timestamp now);

    // Client side.
    ClientTransaction* create_client(const RequestParts& parts, const Flow& to, bool urgent);
    void start_client(ClientTransaction& tx, Timestamp now);
    std::optional<ClientTx> request(const RequestParts& parts, const Flow& to, Timestamp now);
    std::optional<ClientTx> resume_invite(const RequestParts& parts, const Flow& to, std::string_view branch);
    static void prepare_client(ClientTransaction& tx, ClientTx id, Method method, const Flow& to);
    static std::string_view branch(const ClientTransaction& tx);
    std::string send_ack(const RequestParts& parts, const Flow& to);
    void cancel(ClientTx invite, std::string_view lines, Timestamp now);
    void send_cancel(ClientTransaction& invite, Timestamp now);
    Indication on_response(const Flow& from, Timestamp now);
    ClientTransaction* find_client(const Message& response);
    Indication client_event(ClientTransaction& tx, fsm::Event event, Timestamp now);
    void make_ack(ClientTransaction& tx);
    void erase_client(ClientTransaction& tx);

    // Server side.
    Indication on_request(const Flow& from, Timestamp now);
    Indication on_ack(const Flow& from, Timestamp now);
    Indication on_cancel(const Flow& from, Timestamp now);
    bool let_in(const Flow& from, Timestamp now);
    bool let_in(const Flow& from, const Gate::Verdict& verdict);
    ServerTransaction* create_server(const Flow& from, Timestamp now);
    ServerTransaction* find_server(std::string_view key);
    [[nodiscard]] bool merged(std::string_view key, std::uint64_t hash);
    [[nodiscard]] bool full(bool within) const;
    [[nodiscard]] static std::size_t weight(const ServerTransaction& tx);
    std::string_view make_key(Method method);  ///< in scratch_
    std::string_view make_merge_key();         ///< in scratch_
    void answer_statelessly(const Flow& from, int status, std::string_view reason, std::string_view lines);
    bool respond(ServerTransaction& tx, const ResponseParts& parts, Timestamp now);
    Indication server_event(ServerTransaction& tx, fsm::Event event, Timestamp now);
    void erase_server(ServerTransaction& tx);

    struct Due {
        std::uint64_t id;
        fsm::Event event;
        bool server;
    };
    [[nodiscard]] std::uint64_t hash(std::string_view key) const { return keyed_hash(secret_[0], secret_[1], key); }

    TransactionTimers timers_;
    TransactionLimits limits_;
    RandomSource& random_;
    Outbox& outbox_;
    Gate* gate_ = nullptr;
    std::uint64_t secret_[2];  ///< keys the hashes: of the indexes and of stateless To tags
    Message message_;
    std::string scratch_;
    SlotMap<ClientTx, ClientTransaction> clients_;
    SlotMap<ServerTx, ServerTransaction> servers_;
    std::unordered_map<std::uint64_t, ClientTx> cancels_;  ///< INVITE's id -> its CANCEL, which shares the branch
    KeyIndex<ServerTx> by_key_, by_merge_key_;
    std::size_t server_bytes_ = 0;  ///< what server transactions keep of their requests
    TimerQueue<Due> queue_;
    std::vector<ClientTx> failed_;  ///< by the transport; last first
    Timestamp failed_at_{};
    ClientTx failed_last_{};      ///< the last one whose user was told of a timeout or transport error
    std::string failed_request_;  ///< its request
    TransactionStats stats_;
};

}  // namespace centrala::sip
