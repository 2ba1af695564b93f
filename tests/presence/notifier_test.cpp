// Subscriptions from SUBSCRIBE to their end, on virtual time (RFC 6665 §4.2).
#include "centrala/presence/notifier.hpp"

#include "presence/messages.hpp"

namespace centrala::presence {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr ResourceId kAnn{1}, kDan{2};
constexpr WatcherId kBen{7}, kEve{8};

class NotifierTest : public ::testing::Test {
protected:
    Answer subscribe(const Request& request, Duration when = 0s, const sip::Flow& flow = udp_flow(),
                     WatcherId watcher = kBen, ResourceId resource = kAnn) {
        return notifier.subscribe(request.parsed()->message, flow, watcher, resource, at(when));
    }
    /// Within the dialog that `answer` opened.
    Answer refresh(const Answer& answer, std::uint32_t cseq, const std::string& headers, Duration when,
                   const sip::Flow& flow = udp_flow(), WatcherId watcher = kBen) {
        Request request;
        request.to_tag = answer.to_tag;
        request.cseq = cseq;
        request.headers = headers;
        return notifier.refresh(request.parsed()->message, flow, watcher, at(when));
    }
    /// The next NOTIFY, under way as the next transaction.
    std::optional<Notify> next(Duration when) {
        auto notify = notifier.next(at(when));
        if (notify) notifier.sent(notify->subscription, sip::ClientTx{++tx}, at(when));
        return notify;
    }
    void answer(std::uint64_t which, int status, Duration when, const std::string& headers = {}) {
        EXPECT_TRUE(notifier.answered(sip::ClientTx{which}, &response(status, headers)->message, at(when)));
    }
    /// As `next`, and the subscriber says 200.
    std::optional<Notify> next_answered(Duration when) {
        auto notify = next(when);
        if (notify && !notify->last) answer(tx, 200, when);
        return notify;
    }

    std::unique_ptr<RandomSource> random = make_seeded_random(1);
    Notifier notifier{{{60s, 3600s, 1800s}, 4, 3, 1s}, *random};
    std::uint64_t tx = 0;
};

TEST_F(NotifierTest, ASubscriptionIsAnsweredAndItsFirstNotifyFollowsAtOnce) {
    const Answer answer = subscribe({});
    EXPECT_EQ(answer.status, 200);
    EXPECT_FALSE(answer.to_tag.empty());
    EXPECT_EQ(answer.header_lines, "Expires: 600\r\n");
    ASSERT_EQ(notifier.deadline(), at(0s));
    const auto notify = next(0s);
    ASSERT_TRUE(notify);
    EXPECT_EQ(notify->resource, kAnn);
    EXPECT_EQ(notify->watcher, kBen);
    EXPECT_EQ(notify->package, Package::dialog);
    EXPECT_EQ(notify->version, 0u);
    EXPECT_EQ(notify->entity, "sip:ann@centrala.local");
    EXPECT_EQ(notify->uri, "sip:ben@192.0.2.20:5060");
    EXPECT_THAT(notify->header_lines, HasSubstr("Subscription-State: active;expires=600\r\n"));
    EXPECT_THAT(notify->header_lines, HasSubstr("Event: dialog\r\n"));
    EXPECT_THAT(notify->header_lines, HasSubstr("From: <sip:ann@centrala.local>;tag=" + answer.to_tag + "\r\n"));
    EXPECT_THAT(notify->header_lines, HasSubstr("To: <sip:ben@centrala.local>;tag=w1\r\n"));
    EXPECT_THAT(notify->header_lines, HasSubstr("CSeq: 1 NOTIFY\r\n"));
    EXPECT_EQ(notify->flow, udp_flow());
    EXPECT_FALSE(next(0s));
}

TEST_F(NotifierTest, UnknownPackagesAre489WithThoseThatExist) {
    for (const char* event : {"Event: kpml\r\n", "Event: presence.winfo\r\n", ""}) {
        const Answer answer = subscribe({.headers = event});
        EXPECT_EQ(answer.status, 489) << event;
        EXPECT_THAT(answer.header_lines, HasSubstr("Allow-Events: dialog, presence"));
    }
    EXPECT_EQ(notifier.size(), 0u);
}

TEST_F(NotifierTest, OnlyDocumentsThatTheSubscriberTakesAreOffered) {
    const auto status = [&](const std::string& accept) {
        return subscribe({.headers = "Event: dialog\r\n" + accept}).status;
    };
    EXPECT_EQ(status("Accept: application/pidf+xml\r\n"), 406);
    EXPECT_EQ(status("Accept: text/plain, Application/Dialog-Info+xml;q=0.5\r\n"), 200);
    EXPECT_EQ(status("Accept: application/*\r\n"), 200);
    EXPECT_EQ(status("Accept: text/plain\r\nAccept: */*\r\n"), 200);
}

TEST_F(NotifierTest, TheLifeOfASubscriptionIsKeptWithinItsLimits) {
    const auto with = [&](const std::string& expires) { return subscribe({.headers = "Event: dialog\r\n" + expires}); };
    EXPECT_EQ(with("Expires: 59\r\n").status, 423);
    EXPECT_EQ(with("Expires: 59\r\n").header_lines, "Min-Expires: 60\r\n");
    EXPECT_EQ(with("Expires: 60\r\n").header_lines, "Expires: 60\r\n");
    EXPECT_EQ(with("Expires: 86400\r\n").header_lines, "Expires: 3600\r\n");
    EXPECT_EQ(with("").header_lines, "Expires: 1800\r\n");
    EXPECT_EQ(with("Expires: soon\r\n").status, 400);
}

TEST_F(NotifierTest, WithoutContactThereIsNobodyToNotify) {
    EXPECT_EQ(subscribe({.contact = ""}).status, 400);
}

TEST_F(NotifierTest, ChangesAreToldAtMostOnceASecondAndTheLatestIsNeverLost) {
    subscribe({});
    ASSERT_TRUE(next_answered(0s));
    notifier.changed(kAnn, set_of(Package::dialog));
    notifier.changed(kAnn, set_of(Package::dialog));
    EXPECT_FALSE(next(500ms));
    EXPECT_EQ(notifier.deadline(), at(1s));
    const auto second = next_answered(1s);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->version, 1u);
    EXPECT_THAT(second->header_lines, HasSubstr("expires=599\r\n"));
    EXPECT_FALSE(next(3s));
    notifier.changed(kAnn, set_of(Package::dialog));
    EXPECT_TRUE(next_answered(3s));  // after a quiet second at once
}

TEST_F(NotifierTest, AChangeWhileANotifyIsUnderWayIsToldAfterItsAnswer) {
    subscribe({});
    ASSERT_TRUE(next(0s));
    notifier.changed(kAnn, kAllPackages);
    EXPECT_FALSE(next(5s));
    answer(1, 200, 6s);
    const auto notify = next(6s);
    ASSERT_TRUE(notify);
    EXPECT_EQ(notify->version, 1u);
}

TEST_F(NotifierTest, ChangesReachOnlyThoseWhoWatchThatResourceAndPackage) {
    subscribe({});
    subscribe({.call_id = "c2"}, 0s, udp_flow(), kEve, kDan);
    ASSERT_TRUE(next_answered(0s));
    ASSERT_TRUE(next_answered(0s));
    notifier.changed(kAnn, set_of(Package::presence));
    EXPECT_FALSE(next(2s));
    notifier.changed(kDan, set_of(Package::dialog));
    const auto notify = next_answered(2s);
    ASSERT_TRUE(notify);
    EXPECT_EQ(notify->resource, kDan);
    EXPECT_FALSE(next(2s));
}

TEST_F(NotifierTest, ExpiryIsTheLastWord) {
    subscribe({});
    ASSERT_TRUE(next_answered(0s));
    EXPECT_EQ(notifier.deadline(), at(600s));
    const auto notify = next(600s);
    ASSERT_TRUE(notify);
    EXPECT_TRUE(notify->last);
    EXPECT_THAT(notify->header_lines, HasSubstr("Subscription-State: terminated;reason=timeout\r\n"));
    EXPECT_EQ(notifier.size(), 0u);
    EXPECT_FALSE(notifier.watched(kAnn));
    EXPECT_FALSE(notifier.deadline());
}

TEST_F(NotifierTest, AFetchIsOneNotifyAndNoSubscription) {
    const Answer answer = subscribe({.headers = "Event: dialog\r\nExpires: 0\r\n"});
    EXPECT_EQ(answer.header_lines, "Expires: 0\r\n");
    const auto notify = next(0s);
    ASSERT_TRUE(notify);
    EXPECT_TRUE(notify->last);
    EXPECT_THAT(notify->header_lines, HasSubstr("terminated;reason=timeout"));
    EXPECT_EQ(notifier.size(), 0u);
}

TEST_F(NotifierTest, AFetchLeavesTheSubscriptionFromTheSamePhoneAlone) {
    subscribe({});
    subscribe({.headers = "Event: dialog\r\nExpires: 0\r\n", .call_id = "c2"});
    EXPECT_EQ(notifier.size(), 2u);
    while (next(0s)) {}
    EXPECT_EQ(notifier.size(), 1u);
}

TEST_F(NotifierTest, ARefreshProlongsAndIsAnsweredByANotifyAtOnce) {
    const Answer opened = subscribe({});
    ASSERT_TRUE(next_answered(0s));
    const Answer refreshed = refresh(opened, 2, "Event: dialog\r\nExpires: 600\r\n", 500ms);
    EXPECT_EQ(refreshed.status, 200);
    EXPECT_EQ(refreshed.header_lines, "Expires: 600\r\n");
    const auto notify = next_answered(500ms);
    ASSERT_TRUE(notify);
    EXPECT_THAT(notify->header_lines, HasSubstr("active;expires=600"));
    EXPECT_EQ(notifier.deadline(), at(600s + 500ms));
}

TEST_F(NotifierTest, UnsubscribingIsConfirmedByAFinalNotify) {
    const Answer opened = subscribe({});
    ASSERT_TRUE(next_answered(0s));
    EXPECT_EQ(refresh(opened, 2, "Event: dialog\r\nExpires: 0\r\n", 10s).status, 200);
    const auto notify = next(10s);
    ASSERT_TRUE(notify);
    EXPECT_TRUE(notify->last);
    EXPECT_EQ(notifier.size(), 0u);
    EXPECT_EQ(refresh(opened, 3, "Event: dialog\r\nExpires: 600\r\n", 11s).status, 481);
}

TEST_F(NotifierTest, UnsubscribingDoesNotWaitForANotifyUnderWay) {
    const Answer opened = subscribe({});
    ASSERT_TRUE(next(0s));
    refresh(opened, 2, "Event: dialog\r\nExpires: 0\r\n", 1s);
    const auto notify = next(1s);
    ASSERT_TRUE(notify);
    EXPECT_TRUE(notify->last);
    EXPECT_FALSE(notifier.answered(sip::ClientTx{1}, nullptr, at(2s))) << "the answer concerns nobody any more";
}

TEST_F(NotifierTest, ARefreshFollowsThePhoneToItsNewAddress) {
    const Answer opened = subscribe({});
    ASSERT_TRUE(next_answered(0s));
    refresh(opened, 2, "Event: dialog\r\n", 10s, tcp_flow(3));
    EXPECT_TRUE(notifier.uses(3));
    const auto notify = next_answered(10s);
    ASSERT_TRUE(notify);
    EXPECT_EQ(notify->flow, tcp_flow(3));
}

TEST_F(NotifierTest, WhatDoesntBelongToASubscriptionIsRefused) {
    const Answer opened = subscribe({});
    EXPECT_EQ(refresh({200, "nonsense", {}}, 2, "Event: dialog\r\n", 1s).status, 481);
    EXPECT_EQ(refresh(opened, 2, "Event: presence\r\n", 1s).status, 481);
    EXPECT_EQ(refresh(opened, 2, "Event: dialog;id=2\r\n", 1s).status, 481);
    EXPECT_EQ(refresh(opened, 2, "Event: kpml\r\n", 1s).status, 489);
    EXPECT_EQ(refresh(opened, 2, "Event: dialog\r\nExpires: 5\r\n", 1s).status, 423);
    EXPECT_EQ(refresh(opened, 2, "Event: dialog\r\n", 1s, udp_flow(), kEve).status, 403);
    EXPECT_EQ(refresh(opened, 5, "Event: dialog\r\n", 1s).status, 200);
    EXPECT_EQ(refresh(opened, 4, "Event: dialog\r\n", 1s).status, 500) << "out of order: RFC 3261 §12.2.2";
}

TEST_F(NotifierTest, TheIdOfTheEventComesBackInEveryNotify) {
    subscribe({.headers = "Event: dialog;sla;id=77\r\n"});
    const auto notify = next(0s);
    ASSERT_TRUE(notify);
    EXPECT_THAT(notify->header_lines, HasSubstr("Event: dialog;id=77\r\n"));
}

TEST_F(NotifierTest, NotifiesFollowTheRecordedRoute) {
    subscribe({.headers = "Event: dialog\r\nRecord-Route: <sip:192.0.2.9;lr>, <sip:192.0.2.10;lr>\r\n"});
    const auto loose = next(0s);
    ASSERT_TRUE(loose);
    EXPECT_EQ(loose->uri, "sip:ben@192.0.2.20:5060");
    EXPECT_THAT(loose->header_lines, HasSubstr("Route: <sip:192.0.2.9;lr>\r\nRoute: <sip:192.0.2.10;lr>\r\n"));
    subscribe(
        {.headers = "Event: dialog\r\nRecord-Route: <sip:192.0.2.9>\r\n", .call_id = "c2", .contact = "<sip:b@h>"});
    const auto strict = next(0s);
    ASSERT_TRUE(strict);
    EXPECT_EQ(strict->uri, "sip:192.0.2.9");
    EXPECT_THAT(strict->header_lines, HasSubstr("Route: <sip:b@h>\r\n"));
}

TEST_F(NotifierTest, ASubscriberWhoRefusesOrDoesntAnswerIsForgotten) {
    for (const int status : {481, 404, 489, 500, 603}) {
        subscribe({});
        ASSERT_TRUE(next(0s));
        answer(tx, status, 0s);
        EXPECT_EQ(notifier.size(), 0u) << status;
    }
    subscribe({});
    ASSERT_TRUE(next(0s));
    EXPECT_TRUE(notifier.answered(sip::ClientTx{tx}, nullptr, at(32s)));
    EXPECT_EQ(notifier.size(), 0u);
    EXPECT_FALSE(notifier.deadline());
}

TEST_F(NotifierTest, ASubscriberWhoAsksForPatienceIsToldLater) {
    subscribe({});
    ASSERT_TRUE(next(0s));
    answer(1, 503, 0s, "Retry-After: 20\r\n");
    EXPECT_FALSE(next(19s));
    EXPECT_TRUE(next(20s));
    answer(2, 480, 20s, "Retry-After: 20\r\n");  // RFC 6665 §4.2.2: 480 ends it all the same
    EXPECT_EQ(notifier.size(), 0u);
}

TEST_F(NotifierTest, WithoutRoomForATransactionItIsTriedAgain) {
    subscribe({});
    const auto first = notifier.next(at(0s));
    ASSERT_TRUE(first);
    notifier.sent(first->subscription, std::nullopt, at(0s));
    EXPECT_FALSE(notifier.next(at(0s)));
    EXPECT_TRUE(notifier.next(at(1s)));
}

TEST_F(NotifierTest, SubscriptionsAreLimitedForOneAndForAll) {
    const auto another = [&](int n, WatcherId watcher) {
        Request request;
        request.call_id = "c" + std::to_string(n);
        request.contact = "<sip:x" + std::to_string(n) + "@192.0.2.20>";
        return subscribe(request, 0s, udp_flow(), watcher);
    };
    for (int n = 0; n < 3; ++n) EXPECT_EQ(another(n, kBen).status, 200);
    EXPECT_EQ(another(3, kBen).status, 403);
    EXPECT_EQ(another(4, kEve).status, 200);
    const Answer full = another(5, kEve);
    EXPECT_EQ(full.status, 503);
    EXPECT_THAT(full.header_lines, HasSubstr("Retry-After:"));
    EXPECT_EQ(notifier.size(), 4u);
}

TEST_F(NotifierTest, APhoneThatBeginsAnewReplacesWhatItHad) {
    for (int n = 0; n < 20; ++n) EXPECT_EQ(subscribe({.call_id = "boot" + std::to_string(n)}).status, 200);
    EXPECT_EQ(notifier.size(), 1u);
}

TEST_F(NotifierTest, AConnectionTakesItsSubscriptionsWithIt) {
    subscribe({}, 0s, tcp_flow(5));
    subscribe({.call_id = "c2", .contact = "<sip:other@192.0.2.21>"});
    notifier.connection_closed(5);
    EXPECT_EQ(notifier.size(), 1u);
    EXPECT_FALSE(notifier.uses(5));
}

TEST_F(NotifierTest, ADismissedWatcherIsToldToComeBack) {
    const Answer opened = subscribe({});
    subscribe({.call_id = "c2"}, 0s, udp_flow(), kEve);
    while (next_answered(0s)) {}
    notifier.dismiss(kBen, at(5s));
    EXPECT_EQ(refresh(opened, 2, "Event: dialog\r\n", 5s).status, 481);
    const auto notify = next(5s);
    ASSERT_TRUE(notify);
    EXPECT_TRUE(notify->last);
    EXPECT_EQ(notify->watcher, kBen);
    EXPECT_THAT(notify->header_lines, HasSubstr("Subscription-State: terminated;reason=deactivated\r\n"));
    EXPECT_EQ(notifier.size(), 1u);
    EXPECT_FALSE(next(5s));
}

TEST_F(NotifierTest, AtTheEndEverybodyIsToldAndForgotten) {
    subscribe({});
    subscribe({.call_id = "c2"}, 0s, udp_flow(), kEve);
    while (next(0s)) {}
    notifier.shut_down(at(9s));
    int told = 0;
    while (const auto notify = next(9s)) told += notify->last;
    EXPECT_EQ(told, 2);
    EXPECT_EQ(notifier.size(), 0u);
    EXPECT_FALSE(notifier.deadline());
}

TEST_F(NotifierTest, APackageOfTwoDocumentsSendsOneAfterTheOther) {
    subscribe({.headers = "Event: as-feature-event\r\n"});
    const auto first = next(0s);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->document, 0u);
    EXPECT_FALSE(next(0s));
    answer(1, 200, 0s);
    const auto second = next_answered(0s);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->document, 1u);
    EXPECT_FALSE(next(10s));
}

TEST_F(NotifierTest, AThousandWatchersOfOthersCostAChangeNothing) {
    Notifier many({{60s, 3600s, 3600s}, 2'000, 2'000, 1s}, *random);
    for (int n = 0; n < 1'000; ++n) {
        Request request;
        request.call_id = "c" + std::to_string(n);
        request.contact = "<sip:x" + std::to_string(n) + "@192.0.2.20>";
        const ResourceId resource{n < 3 ? 1u : static_cast<unsigned>(n)};
        ASSERT_EQ(
            many.subscribe(request.parsed()->message, udp_flow(), WatcherId{static_cast<unsigned>(n)}, resource, at(0s))
                .status,
            200);
    }
    std::uint64_t transaction = 0;
    const auto drain = [&](Duration when) {
        int count = 0;
        while (const auto notify = many.next(at(when))) {
            many.sent(notify->subscription, sip::ClientTx{++transaction}, at(when));
            many.answered(sip::ClientTx{transaction}, &response(200)->message, at(when));
            ++count;
        }
        return count;
    };
    EXPECT_EQ(drain(0s), 1'000);
    many.changed(ResourceId{1}, kAllPackages);
    EXPECT_EQ(drain(2s), 3);
}

}  // namespace
}  // namespace centrala::presence
