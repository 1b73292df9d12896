using System.Globalization;

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

    // Long against a request, short against the drain at the end, which has to wait for the last leases.
    private const string Visibility = "3s";

    private readonly List<Delivery>[] _held = [.. Enumerable.Range(0, Consumers).Select(_ => new List<Delivery>())];
    private int _sent;
    private int _cycle;
    private volatile bool _stopping;

    /// <summary>Loads a server until it is killed after a time, at whatever it is doing then.</summary>
    public async Task LoadAndKill(ServerProcess server, TimeSpan life)
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
            received = await Round(client, "6s", held, _ => 0);
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
            string[] bodies = [.. Enumerable.Range(0, random.Below(3) == 0 ? 1 + random.Below(20) : 1).Select(_ => Next())];
            ledger.Sending(bodies);
            Answer answer = bodies.Length == 1
                ? await client.Send(bodies[0])
                : await client.SendBatch(bodies);
            alive = Check("send", answer);
            if (alive)
                ledger.Sent(bodies);
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

    /// <summary>Settles what is held, then receives more. No answer: the server is gone.</summary>
    private async Task<Delivery[]?> Round(QueueClient client, string wait, List<Delivery> held, Func<int, int> choose)
    {
        if (!await Settle(client, held, choose))
            return null;
        long requestedAt = ledger.Now();
        (Answer answer, Delivery[] messages) = await client.Receive(10, wait, Visibility);
        if (!Check("receive", answer))
            return null;
        foreach (Delivery message in messages)
            ledger.Received(message, requestedAt);
        return messages;
    }

    /// <summary>Acknowledges together or one by one, and releases one in ten. A message is no longer held once it was
    /// tried, also when the answer never came.</summary>
    private async Task<bool> Settle(QueueClient client, List<Delivery> held, Func<int, int> choose)
    {
        if (held.Count > 0 && choose(2) == 0)
        {
            Delivery[] all = [.. held];
            held.Clear();
            return await AcknowledgeTogether(client, all);
        }

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

    private async Task<bool> AcknowledgeTogether(QueueClient client, Delivery[] deliveries)
    {
        foreach (Delivery delivery in deliveries)
            ledger.Acknowledging(delivery);
        (Answer answer, int[] statuses) = await client.AcknowledgeBatch(deliveries.Select(d => d.Receipt));
        for (int i = 0; i < statuses.Length; i++)
        {
            if (statuses[i] is >= 200 and < 300)
                ledger.AcknowledgementConfirmed(deliveries[i]);
            else if (statuses[i] != LeaseEnded)
                ledger.Violation($"refused: acknowledge was answered {answer}");
        }

        return Check("acknowledge together", answer);
    }

    /// <summary>Whether the server still answers. While it lives nothing may be refused, but for an ended lease.
    /// </summary>
    private bool Check(string what, Answer answer, int expected = 0)
    {
        if (answer.Unknown && !_stopping)
            ledger.Violation($"connection broken: {what} got no answer from a server that was not killed");
        if (!answer.Unknown && !answer.Succeeded && (int)answer.Status! != expected)
            ledger.Violation($"refused: {what} was answered {answer}");
        return !answer.Unknown;
    }

    private string Next() => "message-" + Interlocked.Increment(ref _sent).ToString(CultureInfo.InvariantCulture);

    private long HashCode(int user) => ((long)seed << 32) ^ (_cycle * 100) ^ user;
}
