using QueueService.Testing;
using static QueueService.Storage.Tests.Recovery.StoreLife;

namespace QueueService.Storage.Tests.Recovery;

public sealed class RestartTests
{
    [Fact]
    public void A_killed_store_opens_with_everything_that_was_committed()
    {
        var disk = new SimulatedDisk();
        var model = new NaiveModel();
        using (var life = StoreLife.Open(disk))
        {
            Do(life, model, Create(1), Create(2, stream: true));
            for (int i = 0; i < 200; i++)
            {
                Do(life, model, StoreLife.Append(1, 10 + i), StoreLife.Append(2, 300 - i));
                if (i % 3 == 0)
                    Do(life, model, Terminal(1, i));
                life.Store.Housekeep(1000 + i);
            }

            life.AssertIs(model);
            disk = disk.KillProcess();
        }

        using var next = StoreLife.Open(disk);
        next.AssertIs(model);
    }

    [Fact]
    public void A_closed_store_opens_clean_and_replays_nothing()
    {
        var disk = new SimulatedDisk();
        var model = new NaiveModel();
        using (var life = StoreLife.Open(disk))
        {
            Do(life, model, Create(1));
            for (int i = 0; i < 100; i++)
                Do(life, model, StoreLife.Append(1, 200));
            life.Store.Close(2000);
        }

        using var next = StoreLife.Open(disk.PowerCut(1));
        Assert.False(next.Store.WasUnclean);
        Assert.Equal((0, 0), next.Store.Replayed);
        Assert.Equal(2u, next.Store.Incarnation);
        next.AssertIs(model);
    }

    private static void Do(StoreLife life, NaiveModel model, params ModelRecord[] records)
    {
        life.Commit(1000, records);
        model.Apply(new ModelFrame(1000, records));
    }
}
