using System.Globalization;
using System.Net;

namespace QueueService.Server.Tests.Faults;

/// <summary>
/// Writers and consumers of one queue that work until their server is gone, and write down in the ledger what they
/// saw. What a consumer holds at that moment it tries to acknowledge at the next server.
/// </summary>
internal sealed class KillLoad(DeliveryLedger ledger, string queue, int seed)
{
    private const int Writers = 4;
    private const int Consumers = 3;
    private const int LeaseEnded = 410;

    // Two of three ways to settle; the third is one by one.
    private const int Together = 1;
    private const int WithReceive = 2;

    // Long against a request, short against the drain at the end, which has to wait for the last leases.
    private const string Visibility = "3s";

    private readonly List<Delivery>[] _held = [.. Enumerable.Range(0, Consumers).Select(_ => new List<Delivery>())];
    private int _sent;
    private int _cycle;
    private volatile bool _stopping;

    /// <summary>Loads a server until it is killed after a time, at whatever it is doing then.</summary>
    /// <param name="stop">When not null, it is first told to stop, and killed this much later: in the middle of its
    /// last checkpoint, or when it has already ended.</param>
    public async Task LoadAndKill(ServerProcess server, TimeSpan life, TimeSpan? stop = null)
    {
        _cycle++;
        _stopping = false;
        Task[] users =
        [
            .. Enumerable.Range(0, Writers).Select(writer => Write(server, writer)),
            .. Enumerable.Range(0, Consumers).Select(consumer => Consume(server, consumer)),
        ];
        await Task.Delay(life, TimeProvider.System);
        _stopping = true;
        if (stop is { } patience)
        {
            await server.Terminate();
            await Task.Delay(patience, TimeProvider.System);
        }

        await server.KillNow();
        await Task.WhenAll(users);
    }

    /// <summary>Acknowledges everything that is left, waiting for the last leases to end.</summary>
    public async Task Drain(ServerProcess server)
    {
        using var client = new QueueClient(server.Address, queue);
        _stopping = false;
        // A receive that waits twice the visibility timeout and finds nothing: no lease is left either.
        List<Delivery> held = [];
        Delivery[]? received;
        do
        {
            received = await Round(client, "6s", held, _ => Together);
            held.AddRange(received ?? []);
        }
        while (received is { Length: > 0 });
    }

    private async Task Write(ServerProcess server, int writer)
    {
        var random = new SeededRandom(HashCode(writer));
        using var client = new QueueClient(server.Address, queue);
        for (bool alive = true; alive;)
        {
            int count = random.Below(3) == 0 ? 1 + random.Below(20) : 1;
            string[] bodies = [.. Enumerable.Range(0, count).Select(_ => Next())];
            ledger.Sending(bodies);
            Answer answer = bodies.Length == 1
                ? await client.Send(bodies[0])
                : await client.SendBatch(bodies);
            if (answer.Succeeded)
                ledger.Sent(bodies);
            alive = Check("send", answer);
        }
    }

    private async Task Consume(ServerProcess server, int consumer)
    {
        var random = new SeededRandom(HashCode(Writers + consumer));
        using var client = new QueueClient(server.Address, queue);
        List<Delivery> held = _held[consumer];
        while (await Round(client, "1s", held, random.Below) is { } received)
            held.AddRange(received);
    }

    /// <summary>Settles what is held, before or with the next receive. No answer: the server is gone.</summary>
    private async Task<Delivery[]?> Round(QueueClient client, string wait, List<Delivery> held, Func<int, int> choose)
    {
        bool answered = choose(3) switch
        {
            WithReceive => true,
            Together => await SettleTogether(client, held),
            _ => await SettleEach(client, held, choose),
        };
        if (!answered)
            return null;
        Delivery[] acknowledged = Try(held);
        long requestedAt = ledger.Now();
        (Answer answer, Delivery[] messages, int[] statuses) =
            await client.Receive(10, wait, Visibility, [.. acknowledged.Select(delivery => delivery.Receipt)]);
        if (!Check("receive", answer))
            return null;
        Conclude(acknowledged, statuses, answer);
        foreach (Delivery message in messages)
            ledger.Received(message, requestedAt);
        return messages;
    }

    private async Task<bool> SettleTogether(QueueClient client, List<Delivery> held)
    {
        if (held.Count == 0)
            return true;
        Delivery[] deliveries = Try(held);
        (Answer answer, int[] statuses) = await client.AcknowledgeBatch(deliveries.Select(d => d.Receipt));
        Conclude(deliveries, statuses, answer);
        return Check("acknowledge together", answer);
    }

    /// <summary>Acknowledges one by one, and releases one in ten.</summary>
    private async Task<bool> SettleEach(QueueClient client, List<Delivery> held, Func<int, int> choose)
    {
        while (held.Count > 0)
        {
            Delivery next = held[^1];
            held.RemoveAt(held.Count - 1);
            bool answered = choose(10) == 9
                ? Check("release", await client.Release(next.Receipt), LeaseEnded)
                : await Acknowledge(client, next);
            if (!answered)
                return false;
        }

        return true;
    }

    private async Task<bool> Acknowledge(QueueClient client, Delivery delivery)
    {
        ledger.Acknowledging(delivery);
        Answer answer = await client.Acknowledge(delivery.Receipt);
        if (answer.Succeeded)
            ledger.AcknowledgementConfirmed(delivery);
        return Check("acknowledge", answer, LeaseEnded);
    }

    /// <summary>A message is no longer held once its acknowledgement was tried, also when the answer never came.
    /// </summary>
    private Delivery[] Try(List<Delivery> held)
    {
        Delivery[] deliveries = [.. held];
        held.Clear();
        foreach (Delivery delivery in deliveries)
            ledger.Acknowledging(delivery);
        return deliveries;
    }

    private void Conclude(Delivery[] acknowledged, int[] statuses, Answer answer)
    {
        if (answer.Succeeded && statuses.Length != acknowledged.Length)
            ledger.Violation($"{acknowledged.Length} acknowledgements were answered by {answer}");
        foreach ((Delivery delivery, int status) in acknowledged.Zip(statuses))
        {
            if (status is >= 200 and < 300)
                ledger.AcknowledgementConfirmed(delivery);
            else if (status != LeaseEnded)
                ledger.Violation($"refused: acknowledge was answered {answer}");
        }
    }

    /// <summary>Whether the server still works. Unless it is leaving nothing may be refused, but for an ended lease.
    /// </summary>
    private bool Check(string what, Answer answer, int expected = 0)
    {
        if (answer.Unknown && !_stopping)
            ledger.Violation($"connection broken: {what} got no answer from a server that was not killed");
        if (answer.Unknown || answer.Succeeded || (int)answer.Status! == expected)
            return !answer.Unknown;
        bool leaving = _stopping && answer.Status == HttpStatusCode.ServiceUnavailable;
        if (!leaving)
            ledger.Violation($"refused: {what} was answered {answer}");
        return !leaving;
    }

    private string Next() => "message-" + Interlocked.Increment(ref _sent).ToString(CultureInfo.InvariantCulture);

    private long HashCode(int user) => ((long)seed << 32) ^ (_cycle * 100) ^ user;
}
