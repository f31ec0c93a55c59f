# kube-lite with everything that a node needs: its pods run the distribution's nginx, its proxy the kernel's tools.
FROM python:3.12-slim-bookworm

RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      conntrack curl dnsutils ipset iproute2 iptables ipvsadm kmod nftables nginx-light procps util-linux \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /kube-lite
COPY pyproject.toml constraints.txt README.md ./
COPY kube kube
COPY apiserver apiserver
COPY controllers controllers
COPY proxy proxy
COPY cluster_dns cluster_dns
COPY kubelet kubelet
COPY kubectl_lite kubectl_lite
COPY lab lab
RUN pip install --no-cache-dir -c constraints.txt -e .

ENV KUBECONFIG=/lab/kubeconfig/admin.kubeconfig
ENTRYPOINT ["python", "-m", "lab.compose"]
