using QueueService.Aws.Sns;

namespace QueueService.Server.Hosting;

/// <summary>Serves the certificate by which receivers check what SNS sends: `SigningCertURL`.</summary>
internal static class SnsCertificate
{
    private const string Name = "name";
    private const string ContentType = "application/x-pem-file";

    public static void Map(IEndpointRouteBuilder routes, BrokerHost host) => routes.MapMethods(
        $"{SigningCertificate.PathPrefix}{{{Name}}}", ["GET"], http => Handle(http, host));

    private static async Task Handle(HttpContext http, BrokerHost host)
    {
        SigningCertificate certificate = host.Sns.Certificate;
        bool isOurs = http.Request.Path.Value == certificate.Path;
        http.Response.StatusCode = isOurs ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
        if (!isOurs) return;
        http.Response.ContentType = ContentType;
        http.Response.ContentLength = certificate.Pem.Length;
        await http.Response.Body.WriteAsync(certificate.Pem, http.RequestAborted);
    }
}
