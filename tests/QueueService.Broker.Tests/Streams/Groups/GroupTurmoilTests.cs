namespace QueueService.Broker.Tests.Streams.Groups;

public sealed class GroupTurmoilTests
{
    [Fact]
    public void In_any_turmoil_a_partition_has_one_member_and_afterwards_all_are_shared_evenly()
    {
        (int assignments, int refused) = (0, 0);
        for (ulong seed = 1; seed <= 200; seed++)
        {
            using var turmoil = new GroupTurmoil(seed);
            turmoil.Run(steps: 120);
            assignments += turmoil.Assignments;
            refused += turmoil.RefusedCommits;
        }

        // The turmoil has met what it is about.
        Assert.True(assignments > 10_000, $"{assignments} assignments");
        Assert.True(refused > 500, $"{refused} refused commits");
    }
}
