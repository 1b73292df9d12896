namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>A history written by hand, in milliseconds. A receipt is the body and the receive count.</summary>
public abstract class HandMadeHistory
{
    private static readonly HistorySetup Usual = new("q", "dead", IsFifo: false, 3, 0, IsRedriven: false);

    private readonly List<Operation> _operations = [];

    private protected HistorySetup Setup { get; set; } = Usual;

    /// <summary>Messages that are there at the end.</summary>
    private protected long Left { get; set; }

    private protected long DeadLettered { get; set; }

    private protected void Add(Operation operation) => _operations.Add(operation);

    private protected void Clear() => _operations.Clear();

    private protected static Delivery Delivery(string body, int count) => new("id-" + body, $"{body}#{count}", body)
    {
        ReceiveCount = count, SequenceNumber = body[0],
    };

    private protected void Send(int at, string body) => Send(at, new SentItem(body));

    private protected void Send(int at, SentItem item) => _operations.Add(
        new SendOperation("q", at * 1000, (at + 1) * 1000, 201, null, [item with { Id = "id-" + item.Body }]));

    private protected void Receive(int at, string body, int count = 1) => _operations.Add(
        new ReceiveOperation("q", at * 1000, (at + 1) * 1000, 200, 1000, false, [Delivery(body, count)]));

    private protected void ReceiveDead(int at, string body)
    {
        Delivery letter = Delivery(body, 1) with { Receipt = "dead#1" };
        _operations.Add(new ReceiveOperation("dead", at * 1000, (at + 1) * 1000, 200, 1000, false, [letter]));
        _operations.Add(new SettleOperation(
            "dead", (at + 2) * 1000, (at + 3) * 1000, 204, SettleKind.Acknowledge, null, [("dead#1", 204)]));
    }

    private protected void Group(params string[] bodies)
    {
        Setup = Setup with { IsFifo = true };
        foreach (string body in bodies) Send(0, new SentItem(body) { Group = "g" });
    }

    private protected void ReceiveGroup(int at, params (string Body, int Count)[] messages) => _operations.Add(
        new ReceiveOperation("q", at * 1000, (at + 1) * 1000, 200, 1000, false,
            [.. messages.Select(static message => Delivery(message.Body, message.Count) with { Group = "g" })]));

    private protected void Acknowledge(int at, string body, int count) =>
        Settle(at, SettleKind.Acknowledge, null, 204, body, count);

    private protected void Settle(int at, SettleKind kind, int? milliseconds, int status, string body, int count) =>
        _operations.Add(new SettleOperation(
            "q", at * 1000, (at + 1) * 1000, status, kind, milliseconds, [($"{body}#{count}", status)]));

    private protected void AssertFine() => Assert.Empty(Judge());

    private protected void AssertFound(string checker) => AssertFoundIf(true, checker);

    private protected void AssertFoundIf(bool found, string checker)
    {
        if (found) Assert.Contains(Judge(), violation => violation.StartsWith(checker + ":", StringComparison.Ordinal));
        else AssertFine();
    }

    private protected IReadOnlyList<string> Judge() =>
        Checker.Judge(new History(Setup, _operations, new HistoryEnd(Left, DeadLettered, 10_000_000)));
}
