using QueueService.Server.Bootstrap;
using QueueService.Server.Hosting;

if (args is [var command, ..] && !command.StartsWith('-'))
    return await SubCommands.Run(args, Console.Out, Console.Error);

WebApplicationBuilder builder = ServerSetup.CreateBuilder(args);
OptionsReader reader = new(builder.Configuration);
ServerOptions options = reader.Read(args);
if (reader.Errors.Count > 0)
{
    await Console.Error.WriteLineAsync("The settings are not valid:\n  " + string.Join("\n  ", reader.Errors));
    return 2;
}

WebApplication app = ServerSetup.Build(builder, options);
await using (app)
{
    try
    {
        await app.StartAsync();
    }
    catch (BootstrapException refused)
    {
        await Console.Error.WriteLineAsync("Cannot start: " + refused.Message);
        return 2;
    }
    catch (Exception error) when (error is IOException or UnauthorizedAccessException)
    {
        // The data directory is locked or unreadable, or the address is taken: a sentence says more than a stack trace.
        await Console.Error.WriteLineAsync("Cannot start: " + error.Message);
        return 1;
    }

    if (!ServerSetup.IsDescribing) await Console.Out.WriteLineAsync(Banner.Text(app.Urls, options));
    await app.WaitForShutdownAsync();
}

return 0;
