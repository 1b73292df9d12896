using Microsoft.OpenApi;

namespace QueueService.Server.OpenApi;

/// <summary>Serves the OpenAPI document and its page for people. The document is also written at build, to
/// `api-spec/openapi.json`.</summary>
internal static class ApiDocument
{
    public const string Address = "/openapi/v1.json";

    public static void AddServices(IServiceCollection services)
    {
        // Finds no operation by itself, because ours are plain request delegates; it hosts what DocumentWriter writes.
        services.AddEndpointsApiExplorer();
        services.AddOpenApi("v1", options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.AddDocumentTransformer<DocumentWriter>();
        });
    }

    public static void Map(WebApplication app)
    {
        app.MapOpenApi();
        MapPage(app);
    }

    /// <summary>As an endpoint: in the pipeline, the page would be asked about every request.</summary>
    private static void MapPage(WebApplication app)
    {
        IApplicationBuilder page = ((IApplicationBuilder)app).New();
        page.Use(next => http =>
        {
            // The files behind the page are not served to a request that an endpoint has taken.
            http.SetEndpoint(null);
            return next(http);
        });
        page.UseSwaggerUI(options =>
        {
            options.SwaggerEndpoint(Address, "QueueService");
            options.DocumentTitle = "QueueService API";
        });
        app.MapMethods("/swagger/{**file}", ["GET", "HEAD"], page.Build());
    }
}
