namespace QueueService.Server.Tests.Histories;

/// <summary>Where the server is: clients that find none wait here for the next.</summary>
internal sealed class ServerSlot
{
    private TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ServerSlot()
    {
    }

    public ServerSlot(Uri address) => _address.SetResult(address);

    public async Task<Uri> Address() => await Volatile.Read(ref _address).Task;

    /// <summary>The server is about to go.</summary>
    public void Leave() =>
        Volatile.Write(ref _address, new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously));

    public void Arrive(Uri address) => _address.SetResult(address);
}
