using QueueService.Testing;

namespace QueueService.Storage.Tests.Recovery;

/// <summary>Draws operations from a seed and does them on a store and on the model alike.</summary>
internal sealed class Workload(SeededRandom random, History history)
{
    private uint _lastResource;

    /// <summary>How many resources there are at most.</summary>
    public int MaxResources { get; init; } = 6;

    /// <summary>A batch takes no more records once it holds so many bytes.</summary>
    public int MaxBody { get; init; } = 24 << 10;

    /// <summary>Shard time, Unix milliseconds.</summary>
    public long Time { get; private set; } = 1_000_000;

    /// <summary>Lets time pass until everything that is due has been done.</summary>
    public void Settle(StoreLife life)
    {
        for (int i = 0; i < 8; i++)
        {
            Time += 31_000;
            life.Store.Housekeep(Time);
        }
    }

    public void Step(StoreLife life)
    {
        Time += random.Chance(1, 40) ? 31_000 : random.Next(200);
        switch (random.Next(100))
        {
            case < 3:
                life.Store.CheckpointNow(Time);
                break;
            case < 6:
                life.Store.SyncPending();
                break;
            case < 12:
                ReadOne(life);
                break;
            default:
                if (life.Store.HasRoomFor((2 * MaxBody) + 4096))
                    Commit(life, sync: random.Chance(9, 10));
                break;
        }

        history.NoteCommit(allSynced: !life.Store.HasUnsynced);
        if (random.Chance(9, 10))
            life.Store.Housekeep(Time);
    }

    private void Commit(StoreLife life, bool sync)
    {
        bool refuses = life.Store.DiskFull || life.Store.MemoryFull || life.Store.JournalFull;
        if (refuses && history.Now.Resources.Count == 0)
            return;
        var frames = new List<ModelFrame>();
        int bytes = 0;
        for (int frame = random.Next(4); frame >= 0 && bytes < MaxBody; frame--)
        {
            var records = new List<ModelRecord>();
            for (int record = random.Next(3); record >= 0 && bytes < MaxBody; record--)
            {
                if (history.Now.Resources.Count == 0 && refuses)
                    break;
                var drawn = Draw(refuses);
                records.Add(drawn);
                bytes += drawn.Payload.Length;
                history.Now.Apply(new ModelFrame(Time, [drawn]));
            }

            frames.Add(new ModelFrame(Time, records));
            history.Add(frames[^1]);
        }

        life.Commit(frames, sync);
    }

    private ModelRecord Draw(bool refusesData)
    {
        var resources = history.Now.Resources;
        if (refusesData)
            return DrawRelief();
        if (resources.Count == 0 || (resources.Count < MaxResources && random.Chance(MaxResources, 120)))
        {
            _lastResource = Math.Max(_lastResource, resources.Count > 0 ? resources.Keys.Last() : 0) + 1;
            return StoreLife.Create(_lastResource, stream: random.Chance(1, 3));
        }

        uint id = resources.Keys.ElementAt(random.Next(resources.Count));
        var resource = resources[id];
        long unacknowledged = resource.End - resource.Floor;
        return random.Next(100) switch
        {
            < 1 => StoreLife.Delete(id),
            < 2 => StoreLife.Skip(id, resource.End + 1 + random.Next(random.Chance(1, 2) ? 20 : 3000)),
            < 4 when unacknowledged > 0 => StoreLife.Trim(id, resource.Floor + random.Next((int)unacknowledged + 1)),
            < 40 when unacknowledged > 0 && !resource.IsStream => StoreLife.Terminal(
                id, random.Chance(1, 2) ? resource.Floor : resource.Floor + random.Next((int)unacknowledged)),
            _ => StoreLife.Append(id, Body()),
        };
    }

    /// <summary>What a store has to take also when it takes no data.</summary>
    private ModelRecord DrawRelief()
    {
        uint id = history.Now.Resources.Keys.ElementAt(random.Next(history.Now.Resources.Count));
        var resource = history.Now.Resources[id];
        long unacknowledged = resource.End - resource.Floor;
        if (unacknowledged == 0)
            return StoreLife.Trim(id, resource.Floor);
        return random.Chance(1, 4)
            ? StoreLife.Trim(id, resource.Floor + random.Next((int)unacknowledged + 1))
            : StoreLife.Terminal(id, resource.Floor + random.Next((int)unacknowledged));
    }

    private byte[] Body()
    {
        int size = random.Next(100) switch
        {
            < 5 => 0,
            < 70 => random.Next(200),
            < 90 => random.Next(2_000),
            < 99 => random.Next(12_000),
            _ => random.Next(MaxBody),
        };
        byte[] body = new byte[size];
        random.Fill(body);
        return body;
    }

    private void ReadOne(StoreLife life)
    {
        var resources = history.Now.Resources;
        if (resources.Count == 0)
            return;
        uint id = resources.Keys.ElementAt(random.Next(resources.Count));
        var resource = resources[id];
        if (resource.End == resource.Floor)
            return;
        long offset = resource.Floor + random.Next((int)(resource.End - resource.Floor));
        if (!resource.IsNeeded(offset))
            return;
        var actual = life.Read(id, offset);
        Assert.True(actual is not null, $"Record {offset} of resource {id} is lost.");
        Assert.Equal(resource.Records[(int)offset].Payload, actual.Value.Payload);
    }
}
