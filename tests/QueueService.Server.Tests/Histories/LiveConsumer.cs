using QueueService.Testing;

// What is awaited is the read that this client started itself.
#pragma warning disable VSTHRD003

namespace QueueService.Server.Tests.Histories;

/// <summary>A client that is pushed its messages, and goes away at random.</summary>
internal sealed class LiveConsumer(HistoryRecorder recorder, LiveSetup setup, SeededRandom random, HistoryClient other)
{
    /// <summary>Milliseconds. Connections of this kind stay longer, so that leases end and are prolonged.</summary>
    private const int ShortVisibility = 1000;

    private LiveConnection? _connection;

    public async Task Run(int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            try
            {
                _connection ??= await Open();
                await Step(_connection);
            }
            catch (Exception e) when (LiveConnection.IsBroken(e))
            {
                Lose();
            }
        }

        await Finish();
    }

    private async Task<LiveConnection> Open()
    {
        string queue = random.Chance(1, 8) ? setup.History.DeadLetterQueue : setup.History.Queue;
        int visibility = random.Chance(1, 3) ? ShortVisibility : setup.LongVisibility;
        LiveConnection connection = setup.Drops && random.Chance(1, 2)
            ? await EventConnection.Open(recorder, queue, visibility, 1 + random.Next(4))
            : await ConsumeConnection.Open(recorder, queue, visibility);
        connection.ReadNext();
        return connection;
    }

    private async Task Step(LiveConnection connection)
    {
        if (connection.Next.IsCompleted)
        {
            if (!connection.Take(await connection.Next)) Lose();
            else connection.ReadNext();
        }
        else if (random.Chance(1, connection.Visibility == ShortVisibility ? 96 : 24)) await Leave();
        else if (connection is ConsumeConnection { Credit: < 3 } consumer && random.Chance(1, 2))
            await consumer.Grant(1 + random.Next(4));
        else if (connection.Held.Count > 0 && random.Chance(2, 3)) await Settle(connection);

        // What others do as well passes the time until something comes.
        else await other.Step();
    }

    private async Task Settle(LiveConnection connection)
    {
        string receipt = connection.Held[random.Next(connection.Held.Count)];
        int choice = random.Next(12);
        if (choice < 2)
        {
            // Some are forgotten, and come again when that time is over.
            if (random.Chance(1, 3)) connection.Held.Remove(receipt);
            await connection.Settle(SettleKind.Extend, 2, receipt);
            return;
        }

        string[] receipts = choice < 5 ? [.. connection.Held] : [receipt];
        connection.Held.RemoveAll(receipts.Contains);
        if (choice < 6) await connection.Settle(SettleKind.Release, random.Chance(1, 3) ? 1 : null, receipts);
        else if (connection is ConsumeConnection consumer)
            await consumer.Settle(SettleKind.Acknowledge, null, random.Next(3), receipts);
        else await connection.Settle(SettleKind.Acknowledge, null, receipts);
    }

    private async Task Leave()
    {
        LiveConnection connection = _connection!;
        if (connection is ConsumeConnection consumer && (!setup.Drops || random.Chance(1, 3))) await consumer.End();
        else connection.Drop();
        _connection = null;
    }

    private async Task Finish()
    {
        try
        {
            if (_connection is not null) await Leave();
        }
        catch (Exception e) when (LiveConnection.IsBroken(e))
        {
            Lose();
        }
    }

    private void Lose()
    {
        _connection?.Lose();
        _connection = null;
    }
}

/// <param name="Drops">Connections break at random; else each is read to its end, so that its client sees everything.
/// </param>
/// <param name="LongVisibility">Milliseconds. Longer than a history lasts: what a broken connection held comes back
/// because it broke. A killed server forgets who held what, so there it is short.</param>
internal sealed record LiveSetup(HistorySetup History, bool Drops, int LongVisibility);
